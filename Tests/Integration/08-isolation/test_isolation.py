"""A service in a process of its own may die: the platform says why, starts it again, and its neighbour loses nothing."""

import os
import time
from pathlib import Path

from conftest import pmu_message, wait_until

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
