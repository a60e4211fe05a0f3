"""What all integration tests share: a site of its own for each test, and the built executable started on free ports."""

import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
import requests

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("DSOTP_BUILD", REPOSITORY / ".build" / "release"))
DSOTP = BUILD / "dsotp"


# What loads the machine, or judges how soon something happens beside a load, runs by itself; all else two files at a time.
ALONE = ("02-malformed", "03-crash", "08-isolation", "09-hot", "12-misbehaving", "13-kills", "15-replay", "20-balancing/test_balancing_day",
         "20-balancing/test_german_day", "21-forecast", "31-rabbitmq", "32-engines", "33-hosts")


def pytest_configure(config):
    config.addinivalue_line("markers", "alone: needs the machine for itself")


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.relative_to(Path(__file__).parent).as_posix().startswith(ALONE):
            item.add_marker("alone")


def wait_until(condition, what, seconds=30):
    """Waits until `condition()` is true and returns its value; fails with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds} s in vain: {what}")
        time.sleep(0.02)


def subscribe(client, filters, qos=0):
    """Subscribes a client whose loop runs, and waits until the broker has granted it: what is published from now on arrives."""
    granted = []
    client.on_subscribe = lambda _client, _data, identifier, *_: granted.append(identifier)
    result, identifier = client.subscribe(filters, qos)
    assert result == 0, f"subscribing to {filters} fails: {result}"
    wait_until(lambda: identifier in granted, f"the broker to grant {filters}")


class Platform:
    """One `dsotp run`, with its site folder and its data folder."""

    def __init__(self, site, data, arguments=(), command=(DSOTP,), environment=None):
        self.site, self.data, self.arguments = Path(site), Path(data), list(arguments)
        self.command, self.environment = list(command), environment or {}
        self.lines, self.process, self.databus_port, self.url = [], None, None, None

    def start(self, expect_ready=True):
        environment = dict(os.environ, DSOTP_DATA=str(self.data), **self.environment)
        self.lines = []
        self.process = subprocess.Popen(
            [*self.command, "run", self.site, "--databus", "127.0.0.1:0", "--gateway", "127.0.0.1:0", *self.arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=environment, text=True,
            errors="replace")
        self.reader = threading.Thread(target=self._read, args=(self.process,), daemon=True)
        self.reader.start()
        if expect_ready:
            wait_until(lambda: self._addresses() or self.process.poll() is not None, "the platform to start", 60)
            assert self.process.poll() is None, "the platform ended at once:\n" + self.output()
            wait_until(self._ready, "the platform to be ready", 30)
        return self

    def _read(self, process):
        for line in process.stdout:
            self.lines.append(line.rstrip("\n"))

    def _addresses(self):
        text = self.output()
        databus = re.search(r"mqtt://127\.0\.0\.1:(\d+)", text)
        console = re.search(r"Console +http://127\.0\.0\.1:(\d+)", text)
        if databus and console and int(databus[1]) and int(console[1]):
            self.databus_port, self.url = int(databus[1]), f"http://127.0.0.1:{console[1]}"
            return True
        return False

    def _ready(self):
        try:
            return requests.get(self.url + "/health/ready", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def output(self):
        return "\n".join(self.lines)

    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process.poll() is None

    def stop(self):
        """Ends it as a service manager would."""
        if self.process and self.process.poll() is None:
            os.kill(self.pid(), signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                pytest.fail("the platform did not end within 20 s of SIGTERM:\n" + self.output())
        if self.process:
            self.reader.join(5)
        return self.process.returncode if self.process else None

    def kill(self):
        """kill -9."""
        self.process.kill()
        self.process.wait()
        self.reader.join(5)

    def request(self, method, path, user="admin", password="admin", **options):
        options.setdefault("timeout", 60)
        return requests.request(method, self.url + path, auth=(user, password) if user else None, **options)

    def service(self, name):
        answer = self.request("GET", f"/api/services/{name}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def switch(self, name, action):
        answer = self.request("POST", f"/api/services/{name}/{action}")
        assert answer.status_code in (200, 202), answer.text
        wanted = {"enable": "running", "disable": "disabled", "restart": "running"}[action]
        wait_until(lambda: self.service(name)["state"] == wanted, f"{name} to be {wanted}")

    def publish(self, topic, payload, qos=1, retain=False, user="admin", password="admin"):
        command = ["mosquitto_pub", "-p", str(self.databus_port), "-u", user, "-P", password, "-t", topic, "-q", str(qos), "-s"]
        if retain:
            command.append("-r")
        data = payload if isinstance(payload, bytes) else payload.encode()
        return subprocess.run(command, input=data, capture_output=True, timeout=60)

    def query(self, text, database="dsotp", **parameters):
        answer = self.request("GET", "/query", params=dict(q=text, db=database, **parameters))
        assert answer.status_code == 200, answer.text
        return answer.json()["results"][0]

    def rows(self, text, **parameters):
        """The rows of the first series of a query, [] if there is none."""
        result = self.query(text, **parameters)
        assert "error" not in result, result
        return result["series"][0]["values"] if result.get("series") else []


def pmu_message(device="pmu-0123", stamp=None, **volts):
    """The seed's PMU message with one voltage magnitude a phase."""
    stamp = stamp if stamp is not None else int(time.time() * 1000)
    readings = [{"component": "BUS1", "measurand": "voltmagnitude", "phase": phase, "data": value} for phase, value in volts.items()]
    return json.dumps({"device": device, "timestamp": stamp, "readings": readings})


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


@pytest.fixture(scope="session")
def executable():
    assert DSOTP.exists(), f"{DSOTP} is missing: run `make build` first"
    return DSOTP


@pytest.fixture
def whole_site(tmp_path):
    """A copy of the demo site to edit."""
    return Path(shutil.copytree(REPOSITORY / "manifests" / "demo", tmp_path / "whole-site"))


@pytest.fixture
def site(tmp_path):
    """The same without its emulated grid: nothing is published but by the test."""
    grid = shutil.ignore_patterns(
        "grid-emulator.yaml", "state-estimation.yaml", "forecasting.yaml", "fault-restoration.yaml", "*-exporter.yaml")
    return Path(shutil.copytree(REPOSITORY / "manifests" / "demo", tmp_path / "site", ignore=grid))


@pytest.fixture
def start(executable, site, tmp_path):
    """A function that starts the platform on the site; all that it started is ended after the test."""
    started = []

    def starter(site=site, data=tmp_path / "data", arguments=(), expect_ready=True):
        platform = Platform(site, data, arguments)
        started.append(platform)
        return platform.start(expect_ready)

    yield starter
    for platform in started:
        platform.stop()


@pytest.fixture
def build_plugin(site, tmp_path):
    """A function that compiles a C source to a library in a plugin folder of the site."""
    plugins = tmp_path / "plugins"
    plugins.mkdir(mode=0o755)
    text = (site / "site.yaml").read_text()
    (site / "site.yaml").write_text(text.replace("folders: []", f"folders: [{plugins}]"))

    def builder(name, source, headers=REPOSITORY / "PluginAPI" / "CPluginAPI"):
        (tmp_path / f"{name}.c").write_text(source)
        subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", "-shared", "-fPIC", f"-I{headers}", "-o", plugins / f"lib{name}.so",
                        tmp_path / f"{name}.c"], check=True)

    return builder


@pytest.fixture
def fragile(site, build_plugin):
    """The demo site with a service beside the adapter that crashes when it is told to."""
    build_plugin("fragile", FRAGILE)
    (site / "services" / "fragile.yaml").write_text(
        "service: fragile\nlibrary: fragile\nisolation: process\nsubscribe: [{topic: crash/#, qos: 1}]\n")
    return site


@pytest.fixture
def platform(start):
    return start()
