"""What the tests of contained services share: the misbehaving libraries, compiled; a load on the adapter; and a look at processes."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from conftest import REPOSITORY

SOURCES = Path(__file__).parent / "12-misbehaving" / "misbehaving"
READINGS, RATE, PUBLISHERS = 10, 2_000, 10  # readings a message, messages a second: 20,000 readings/s


@pytest.fixture(scope="session")
def workshop(tmp_path_factory):
    """A folder with the misbehaving libraries and the load generator, compiled."""
    folder = tmp_path_factory.mktemp("misbehaving")
    (folder / "plugins").mkdir(mode=0o755)
    include = f"-I{REPOSITORY}/PluginAPI/CPluginAPI"
    for source in [*SOURCES.glob("*.c"), *SOURCES.glob("*.cpp")]:
        compiler = ["c++", "-std=c++17"] if source.suffix == ".cpp" else ["cc", "-std=c11"]
        output = folder / "plugins" / f"lib{source.stem}.so"
        subprocess.run([*compiler, "-w", "-O1", "-fPIC", "-shared", "-pthread", include, "-o", output, source], check=True)
    subprocess.run(["cc", "-O2", "-o", folder / "loadgen", REPOSITORY / "Benchmarks" / "loadgen" / "loadgen.c"], check=True)
    return folder


class Load:
    """20,000 readings a second to the adapter, each acknowledged when it is stored, until `end`."""

    def __init__(self, workshop, port):
        self.process = subprocess.Popen(
            [workshop / "loadgen", "--port", str(port), "--user", "admin", "--password", "admin", "--publishers", str(PUBLISHERS), "--messages",
             "2000000", "--rate", str(RATE), "--qos", "1", "--readings", str(READINGS), "--window", "400"], stdout=subprocess.PIPE, text=True)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        output, _ = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, output
        return json.loads(output)


def check_stored(platform, sent):
    """All that was sent is acknowledged, and all that is acknowledged is stored."""
    assert sent["acknowledged"] == sent["messages"], sent
    fields = ("voltmagnitude", "voltangle", "currmagnitude", "currangle")
    stored = sum(platform.rows(f"SELECT count({field}) FROM pmu")[0][1] for field in fields)
    assert stored == sent["acknowledged"] * READINGS, f"{sent['acknowledged'] * READINGS} readings acknowledged, {stored} stored"


def processes_of(host):
    """The processes that were started as runners of the platform `host` or by one of them, with their parents."""
    found, mark = {}, f"DSOTP_RUNNER_PARENT={host}".encode()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                found[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
    return found
