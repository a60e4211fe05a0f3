// libxml2, Debian package libxml2-dev: reads CIM and IEC 61968-9 as a stream of events.
#include <libxml/parser.h>
#include <libxml/xmlerror.h>
