/**
 * The dsotp plugin ABI: everything a service library needs to include.
 *
 * A *service* is a shared library that the host of the DSO Technical Platform loads. It exports one function,
 * ::dsotp_plugin_entry, and talks to the host through the tables declared in these headers. Nothing but C types crosses.
 *
 * Read in this order: `dsotp/types.h` (memory, time, errors), `dsotp/plugin.h` (entry and life of a service),
 * `dsotp/extensions/` (what the host offers, one header each), `dsotp/note.h` (what a library says before it is loaded).
 */
#ifndef DSOTP_H
#define DSOTP_H

#include "dsotp/note.h"
#include "dsotp/plugin.h"
#include "dsotp/types.h"

#include "dsotp/extensions/clock.h"
#include "dsotp/extensions/command.h"
#include "dsotp/extensions/command_outcomes.h"
#include "dsotp/extensions/config.h"
#include "dsotp/extensions/databus.h"
#include "dsotp/extensions/health.h"
#include "dsotp/extensions/http.h"
#include "dsotp/extensions/kv.h"
#include "dsotp/extensions/log.h"
#include "dsotp/extensions/metrics.h"
#include "dsotp/extensions/state.h"
#include "dsotp/extensions/timer.h"
#include "dsotp/extensions/timeseries.h"

#endif
