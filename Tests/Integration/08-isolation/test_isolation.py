"""A service in a process of its own may die: the platform says why, starts it again, and its neighbour loses nothing."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from conftest import REPOSITORY, pmu_message, wait_until

FRAGILE = r"""
#include "dsotp.h"
#include <string.h>
static dsotp_status create(const dsotp_host *h, dsotp_host_bytes n, dsotp_instance *i, dsotp_error *e) { (void)n, (void)e; *i = (void *)(uintptr_t)h; return DSOTP_OK; }
static dsotp_status configure(dsotp_instance i, const dsotp_configuration *c, dsotp_error *e) { (void)i, (void)c, (void)e; return DSOTP_OK; }
static dsotp_status start(dsotp_instance i, dsotp_error *e) { (void)i, (void)e; return DSOTP_OK; }
static dsotp_status on_messages(dsotp_instance i, const dsotp_message_batch *b, dsotp_error *e) {
    (void)i, (void)e;
    for (uint32_t k = 0; k < b->count; k++)
        if (!memcmp(dsotp_message_at(b, k)->payload.data, "crash", 5)) *(volatile int *)8 = 1;
    return DSOTP_OK;
}
static void destroy(dsotp_instance i) { (void)i; }
#define TEXT(s) {s, sizeof s - 1}
static const dsotp_service service = {.size = sizeof service, .create = create, .configure = configure, .start = start,
                                      .on_messages = on_messages, .stop = start, .destroy = destroy};
static const dsotp_module module = {.size = sizeof module, .abi_major = DSOTP_ABI_MAJOR, .abi_minor = DSOTP_ABI_MINOR,
    .identifier = TEXT("org.example.fragile"), .version = TEXT("1.0.0"), .summary = TEXT("Crashes on demand"), .service = &service};
const dsotp_module *dsotp_plugin_entry(const dsotp_host_abi *host) { (void)host; return &module; }
"""


@pytest.fixture
def fragile(site, tmp_path):
    """The demo site with a service beside the adapter that crashes when it is told to."""
    plugins = tmp_path / "plugins"
    plugins.mkdir(mode=0o755)
    (tmp_path / "fragile.c").write_text(FRAGILE)
    subprocess.run(["cc", "-std=c11", "-shared", "-fPIC", f"-I{REPOSITORY}/PluginAPI/CPluginAPI", "-o", plugins / "libfragile.so",
                    tmp_path / "fragile.c"], check=True)
    (site / "services" / "fragile.yaml").write_text(
        "service: fragile\nlibrary: fragile\nisolation: process\nsubscribe: [{topic: crash/#, qos: 1}]\n")
    text = (site / "site.yaml").read_text()
    (site / "site.yaml").write_text(text.replace("folders: []", f"folders: [{plugins}]"))
    return site


def children(pid):
    """The processes whose parent is `pid`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[1]) == pid:
                found.append(int(entry.name))
    return found


def test_a_crash_is_contained_told_and_survived_while_the_neighbour_stores_everything(start, fragile):
    platform = start()
    wait_until(lambda: platform.service("fragile")["state"] == "running", "the fragile service to run")
    stamp = int(time.time() * 1000) - 100_000
    for index in range(100):
        platform.publish("/pmu/dev", pmu_message(stamp=stamp + index, A=float(index)))
        if index == 30:
            platform.publish("crash/now", "crash")
    incidents = wait_until(
        lambda: platform.request("GET", "/api/services/fragile/incidents").json()["incidents"], "the incident")
    assert incidents[0]["service"] == "fragile" and "SIGSEGV" in str(incidents[0]).upper(), incidents[0]
    assert "crash/now" in str(incidents[0])
    wait_until(lambda: platform.service("fragile")["state"] == "running", "the service to run again", 60)
    wait_until(lambda: platform.rows("SELECT count(voltmagnitude) FROM pmu")[0][1] == 100, "all readings of the neighbour")
    assert platform.alive()


def test_no_runner_outlives_the_platform_that_is_killed(start, fragile):
    platform = start()
    wait_until(lambda: platform.service("fragile")["state"] == "running", "the fragile service to run")
    runners = children(platform.process.pid)
    assert runners
    platform.kill()
    wait_until(lambda: not any(os.path.exists(f"/proc/{runner}/exe") and os.readlink(f"/proc/{runner}/exe") for runner in runners
                               if os.path.lexists(f"/proc/{runner}/exe")), "the runner to end")
