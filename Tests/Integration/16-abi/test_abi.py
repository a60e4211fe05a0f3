"""Libraries that were built against the frozen headers of ABI 1.0 run on this host, in its process and in one of their own."""

import json
import subprocess

import pytest
from conftest import DSOTP, REPOSITORY, wait_until

FROZEN = REPOSITORY / "Tests" / "Data" / "abi" / "1.0"
MANIFEST = """
service: {name}
library: {library}
isolation: {isolation}
subscribe: [{{topic: in/#, qos: 1, acknowledge: stored}}]
publish: ["out/#"]
timeseries:
  read: [{{database: dsotp, measurement: pmu}}]
  write: [{{database: dsotp, measurement: pmu}}]
config: {{name: Nord, limit: 253.5, count: 3, enabled: true, list: [a, b]}}
"""


@pytest.mark.parametrize("isolation", ["in-process", "process"])
def test_frozen_libraries_of_1_0_work_as_they_did(start, site, build_plugin, tmp_path, isolation):
    for library in ("minimal", "every_extension"):
        build_plugin(library, (FROZEN / "plugins" / f"{library}.c").read_text(), headers=FROZEN / "headers")
        name = library.replace("_", "-")
        (site / "services" / f"{name}.yaml").write_text(MANIFEST.format(name=name, library=library, isolation=isolation))
    platform = start()
    for name in ("minimal", "every-extension"):
        wait_until(lambda: platform.service(name)["state"] == "running", f"{name} to run")
    recording = tmp_path / "said.rec"
    recorder = subprocess.Popen(
        [DSOTP, "record", recording, "--port", str(platform.databus_port), "--filter", "out/#", "--count", "4", "--duration", "60"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert "recording" in recorder.stderr.readline()
        platform.publish("in/feeder-7", "hello")
        recorder.communicate(timeout=90)
    finally:
        recorder.kill()
    dump = subprocess.run([DSOTP, "record", "--dump", recording], check=True, capture_output=True, text=True).stdout
    said = {message["topic"]: message["payload"] for message in map(json.loads, dump.splitlines()[1:])}
    assert said["out/minimal"] == "1 in/feeder-7 hello qos 1 retained 0 subscription 0 received yes"
    assert said["out/message"] == "hello"
    assert said["out/kv"] == "abi/a=1 abi/b=22 found 0 bytes 2 gone -9"
    assert said["out/timeseries"] == "sync 0 columns 1 points 2 sum 5.5 last 3000000000"
    assert platform.rows("SELECT v FROM pmu WHERE device='frozen'", epoch="ns") == [[1_000_000_000, 1], [2_000_000_000, 2], [3_000_000_000, 3.5]]
    answer = platform.request("POST", "/api/every-extension/echo/north?q=1", data="body", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 200 and answer.text == "POST north admin body 1"
    assert 'frozen_seen_total{service="every-extension",phase="A"} 2' in platform.request("GET", "/metrics").text
    assert "/api/every-extension/echo/{name}" in platform.request("GET", "/openapi.json").json()["paths"]
    for name in ("minimal", "every-extension"):
        platform.switch(name, "disable")
        assert platform.request("GET", f"/api/services/{name}/incidents").json()["incidents"] == []
