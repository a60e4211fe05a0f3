"""Services that do what a service must not do, each in a process of its own, beside an adapter under load: it loses nothing, the
platform tells what happened, and nothing of them is left behind."""

import os
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from conftest import wait_until
from containment import RATE, Load, check_stored, processes_of, workshop  # noqa: F401

MEMORY_GROWTH = 200 << 20
CRASH_SIGNALS = {signal.SIGSEGV, signal.SIGABRT, signal.SIGILL, signal.SIGBUS, signal.SIGTRAP}


@dataclass
class Misdeed:
    """One misbehaving service: its name says what it does (see misbehaving/service.h)."""

    name: str
    library: str
    reason: str = ""  # of its incidents; empty if it has none and goes on
    signals: frozenset = frozenset()
    code: int | None = None
    callback: str = "on_messages"
    manifest: str = ""
    sentence: str = ""  # part of what the incident says

    @property
    def place(self):
        return "create" if self.name == "constructor" else self.name.partition("-in-")[2] or "on-messages"

    @property
    def is_at_start(self):
        return self.place in ("create", "configure", "start")


def crash(name, *signals, library="crashes", **more):
    return Misdeed(name, library, "crash", frozenset(signals), **more)


CRASHES = [
    crash("segfault", signal.SIGSEGV), crash("trap", signal.SIGILL, signal.SIGTRAP), crash("divide", signal.SIGFPE),
    crash("bus-error", signal.SIGBUS), crash("stack-overflow", signal.SIGSEGV), crash("stack-smash", *CRASH_SIGNALS),
    crash("heap-corruption", *CRASH_SIGNALS), crash("wild-jump", *CRASH_SIGNALS), crash("kill-itself", signal.SIGKILL),
]
ABORTS = [
    crash("abort", signal.SIGABRT), crash("throw", signal.SIGABRT, library="throws"), crash("throw-number", signal.SIGABRT, library="throws"),
    crash("throw-in-on-timer", signal.SIGABRT, library="throws", callback="on_timer"),
    crash("segfault-in-configure", signal.SIGSEGV, callback="configure"), crash("segfault-in-start", signal.SIGSEGV, callback="start"),
    crash("constructor", signal.SIGSEGV, library="constructor", callback="create"),
    # The thread of its own crashes when no callback is under way.
    crash("thread-crash", signal.SIGSEGV, callback=""),
]
ENDS = [
    Misdeed("exit", "ends", "exit", code=7), Misdeed("exit-zero", "ends", "exit", code=0), Misdeed("underscore-exit", "ends", "exit", code=9),
    Misdeed("quick-exit", "ends", "exit", code=8), Misdeed("thread-exit", "ends", "hang", manifest="deadline: 1s"),
    Misdeed("close-low", "ends"), Misdeed("close-all", "ends", "malformed", sentence="connection"),
    Misdeed("interposes", "interposes"),
]
HANGS = [
    Misdeed(f"hang-in-{place}", "hangs", "hang", callback=callback, manifest="deadline: 1s")
    for place, callback in [
        ("configure", "configure"), ("start", "start"), ("on-messages", "on_messages"), ("on-request", "on_request"), ("on-timer", "on_timer"),
        ("drain", "drain"), ("stop", "stop"), ("destroy", "destroy"), ("health", "check (dsotp.health/1)"),
    ]
] + [
    # The start of its process is part of it, which is given 20 s more.
    Misdeed("hang-in-create", "hangs", "hang", callback="create", manifest="deadline: 1s\nrestart: {attempts: 0}"),
    Misdeed("hang-deaf", "hangs", "hang", manifest="deadline: 1s"), Misdeed("stop-itself", "hangs", "hang", manifest="deadline: 1s"),
    Misdeed("spin", "hangs", "hang", manifest="deadline: 1s"),
]
MEMORY = [
    Misdeed("leak", "memory", "memory", manifest="limits: {memory: 96MiB}", sentence="expected at most 96MiB"),
    # The system refuses it, and the service does not look.
    Misdeed("allocate", "memory", "crash", frozenset({signal.SIGSEGV}), manifest="limits: {memory: 96MiB}"),
    Misdeed("map", "memory", "memory", manifest="limits: {memory: 96MiB}"),
]
FLOODS = [
    Misdeed("flood-publish", "floods", "flood", callback="", manifest="limits: {publish_rate: 100/s}\ndeadline: 20s"),
] + [Misdeed(f"flood-{what}", "floods", manifest="deadline: 20s") for what in
     ["log", "metrics", "timers", "responses", "memory", "output", "routes"]]
LIES = [Misdeed(name, "lies") for name in ["lie-about-sizes", "wrong-thread", "garbage-status", "garbage-text", "garbage-count"]]
FORKS = [Misdeed(name, "forks") for name in ["fork", "daemonise", "spawn", "spawn-session", "spawn-group"]] + [
    crash("fork-and-crash", signal.SIGSEGV, library="forks")]
WORLD = [
    Misdeed("change-process", "world"), Misdeed("terminate-parent", "world"), Misdeed("kill-parent", "world"), Misdeed("stop-parent", "world"),
    Misdeed("write-garbage", "world", "malformed"), Misdeed("shut-connections", "world", "malformed", sentence="connection"),
    Misdeed("replace-connections", "world", "malformed"),
]


class Watch:
    """Looks at the platform's memory and asks the bystander, again and again, while the others misbehave."""

    def __init__(self, platform):
        self.platform, self.peak, self.first, self.answers, self.failures, self.done = platform, 0, None, 0, [], False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        session = requests.Session()
        session.auth = ("admin", "admin")
        while not self.done:
            try:
                answer = session.get(self.platform.url + "/api/bystander/alive", timeout=10)
                self.answers += 1
                if answer.status_code != 200 or answer.text != "alive":
                    self.failures.append(answer.text)
                memory = int(Path(f"/proc/{self.platform.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
                self.first, self.peak = self.first or memory, max(self.peak, memory)
            except (requests.RequestException, OSError) as error:
                self.failures.append(str(error))
            time.sleep(0.1)

    def end(self):
        self.done = True
        self.thread.join()
        assert not self.failures, self.failures[:3]
        assert self.answers > 3
        assert self.peak - self.first < MEMORY_GROWTH, f"memory grew from {self.first >> 20} to {self.peak >> 20} MiB"


def prepare(site, workshop, misdeeds):
    text = (site / "site.yaml").read_text()
    (site / "site.yaml").write_text(text.replace("folders: []", f"folders: [{workshop}/plugins]"))
    for misdeed in [*misdeeds, Misdeed("bystander", "lies")]:
        policy = "" if "restart" in misdeed.manifest else "restart: {attempts: 1, window: 10m}\n"
        (site / "services" / f"{misdeed.name}.yaml").write_text(
            f"service: {misdeed.name}\nlibrary: {misdeed.library}\nisolation: process\npublish: [misdeeds/out]\n"
            f"subscribe: [{{topic: misdeeds/{misdeed.name}, qos: 1}}]\nenabled: {str(not misdeed.is_at_start).lower()}\n{policy}{misdeed.manifest}\n")


def provoke(platform, misdeed):
    """Gives the service the occasion to do it."""
    if misdeed.name == "thread-crash":
        # Each message is done with before the crash comes, and does not come again.
        for count in (1, 2):
            platform.publish(f"misdeeds/{misdeed.name}", "now")
            wait_until(lambda: len(incidents(platform, misdeed)) == count, "its thread to crash, of which a trace is made", 120)
            wait_until(lambda: platform.service(misdeed.name)["state"] in ("running", "quarantined"), "it to be back")
    elif misdeed.is_at_start:
        # Answered when the attempt is over, which may take a while.
        threading.Thread(target=lambda: platform.request("POST", f"/api/services/{misdeed.name}/enable", timeout=120), daemon=True).start()
    elif misdeed.place == "on-messages":
        platform.publish(f"misdeeds/{misdeed.name}", "now")
    elif misdeed.place == "on-request":
        def asked():
            assert platform.request("GET", f"/api/{misdeed.name}/alive").status_code >= 500
            return platform.service(misdeed.name)["state"] == "quarantined"

        # Asked while it waits to be started again, it is the host that answers.
        wait_until(asked, f"{misdeed.name} to rest", 60)
    elif misdeed.place in ("drain", "stop", "destroy"):
        platform.switch(misdeed.name, "disable")


def incidents(platform, misdeed):
    return platform.request("GET", f"/api/services/{misdeed.name}/incidents").json()["incidents"]


def check_told(platform, misdeed):
    """The incidents say the truth."""
    told = incidents(platform, misdeed)
    status = platform.service(misdeed.name)
    if not misdeed.reason:
        assert told == [] and status["state"] in ("running", "degraded"), (misdeed.name, status, told)
        return
    assert told, (misdeed.name, status)
    for incident in told:
        shown = {key: incident[key] for key in ("reason", "signal", "exit_code", "callback", "last_topic", "sentence")}
        assert incident["reason"] == misdeed.reason, (misdeed.name, shown)
        # While the backtrace of a thread of its own is written, the health check may have come.
        may_be = (misdeed.callback, "check (dsotp.health/1)") if misdeed.name == "thread-crash" else (misdeed.callback,)
        assert incident["callback"] in may_be, (misdeed.name, shown)
        assert not misdeed.signals or incident["signal"] in misdeed.signals, (misdeed.name, shown)
        assert misdeed.code is None or incident["exit_code"] == misdeed.code, (misdeed.name, shown)
        assert misdeed.sentence in incident["sentence"], (misdeed.name, shown)
        assert incident["service"] == misdeed.name and incident["manifest_digest"].startswith("sha256:")
        if misdeed.place == "on-messages" and misdeed.callback == "on_messages":
            assert incident["last_topic"] == f"misdeeds/{misdeed.name}", shown


def is_through(platform, misdeed):
    """Whether it has come to the end that it is to come to."""
    state = platform.service(misdeed.name)["state"]
    if misdeed.place in ("drain", "stop", "destroy"):
        return state == "disabled"
    if misdeed.reason == "flood":
        return incidents(platform, misdeed)
    if misdeed.reason:
        return state == "quarantined"
    # It has done it, and goes on.
    counters = platform.service(misdeed.name)["counters"]
    return state in ("running", "degraded") and counters["processed"] + counters["errors"] > 0


def check_processes(platform, misdeeds):
    """What runs of them is one runner for each service that runs."""
    def is_tidy():
        found = processes_of(platform.process.pid)
        running = [service for service in platform.request("GET", "/api/services").json()["services"]
                   if service["state"] in ("running", "degraded") and service["name"] in names]
        return len(found) == len(running) and all(parent == platform.process.pid for parent in found.values())

    names = {misdeed.name for misdeed in misdeeds} | {"bystander"}
    wait_until(is_tidy, f"no process to be left over: {processes_of(platform.process.pid)}")


def run(start, site, workshop, misdeeds, tidy_before_end=True):
    prepare(site, workshop, misdeeds)
    platform = start()
    wait_until(lambda: platform.service("bystander")["state"] == "running", "the bystander to run")
    host = platform.process.pid
    load, watch = Load(workshop, platform.databus_port), Watch(platform)
    for misdeed in misdeeds:
        provoke(platform, misdeed)
    for misdeed in misdeeds:
        wait_until(lambda: is_through(platform, misdeed), f"{misdeed.name} to come to its end", 90)
    wait_until(lambda: watch.answers > 3 and platform.service("database-adapter")["counters"]["processed"] > RATE // 2, "load and answers to look at")
    for misdeed in misdeeds:
        check_told(platform, misdeed)
    sent = load.end()
    watch.end()
    assert sent["messages"] > RATE // 2, sent
    check_stored(platform, sent)
    assert platform.service("database-adapter")["restarts"] == 0
    if tidy_before_end:
        check_processes(platform, misdeeds)
    for misdeed in misdeeds:
        if not misdeed.reason:
            assert platform.request("GET", f"/api/{misdeed.name}/alive").text == "alive", misdeed.name
    for misdeed in [misdeed for misdeed in misdeeds if platform.service(misdeed.name)["state"] == "quarantined"][:2]:
        if misdeed.place == "on-messages":
            platform.switch(misdeed.name, "restart")
    platform.stop()
    wait_until(lambda: not processes_of(host), f"no process to outlive the platform: {processes_of(host)}")


@pytest.mark.parametrize("misdeeds", [
    pytest.param(CRASHES, id="faults"), pytest.param(ABORTS, id="aborts-and-exceptions"), pytest.param(ENDS, id="ends"),
    pytest.param(MEMORY + LIES, id="memory-and-lies"), pytest.param(FLOODS, id="floods"), pytest.param(WORLD, id="process-and-parent"),
])
def test_a_misbehaving_service_is_contained_and_its_incident_says_the_truth(start, site, workshop, misdeeds):
    run(start, site, workshop, misdeeds)


def test_a_service_that_hangs_in_any_callback_is_ended_at_its_deadline(start, site, workshop):
    run(start, site, workshop, HANGS)


def test_what_a_service_makes_processes_of_goes_with_it(start, site, workshop):
    run(start, site, workshop, FORKS, tidy_before_end=False)
