"""Libraries that know nothing of the platform become services by their manifests, and can hurt nothing but their own process."""

import ctypes.util
import json
import math
import subprocess
import time

import pytest

from conftest import DSOTP, REPOSITORY, pmu_message, wait_until

EXAMPLES = REPOSITORY / "PluginAPI" / "Examples" / "foreign-libraries"

VENDOR = r"""
double total(const double *values, int count) { double sum = 0; for (int i = 0; i < count; i++) sum += values[i]; return sum; }
double twice(double x) { if (x < 0) *(volatile int *)8 = 1; return 2 * x; }
void fill(int count, double *out) { for (int i = 0; i < count; i++) out[i] = i; }
"""

TWICE = """service: vendor
library: vendor
isolation: foreign
subscribe: [{topic: vendor/in/+, qos: 1}]
publish: [vendor/out/+, deadletter/#]
foreign:
  functions:
    twice: {parameters: {x: double}, returns: double}
  golden: [{call: twice, arguments: {x: 2}, expect: {return: 4}}]
  messages:
    - calls: [{call: twice, arguments: {x: $message.x}}]
      publish: [{topic: "vendor/out/{$topic.2}", payload: {x: $result.twice}, retain: true}]
"""

# The first argument is a pointer: as a number it leads nowhere.
WRONG_SIGNATURE = """service: vendor
library: vendor
isolation: foreign
restart: {attempts: 2, window: 10m}
subscribe: [vendor/in/+]
publish: [vendor/out]
foreign:
  functions:
    total: {parameters: {values: long, count: int}, returns: double}
  golden: [{call: total, arguments: {values: 3, count: 3}, expect: {return: 6}}]
  messages:
    - calls: [{call: total, arguments: {values: $message.a, count: 1}}]
      publish: [{topic: vendor/out, payload: $result.total}]
"""


@pytest.fixture
def plugins(site, tmp_path):
    """A plugin folder of the site, with a small library of somebody else's in it."""
    folder = tmp_path / "plugins"
    folder.mkdir(mode=0o755)
    (tmp_path / "vendor.c").write_text(VENDOR)
    subprocess.run(["cc", "-std=c11", "-O1", "-shared", "-fPIC", "-o", folder / "libvendor.so", tmp_path / "vendor.c"], check=True)
    text = (site / "site.yaml").read_text()
    (site / "site.yaml").write_text(text.replace("folders: []", f"folders: [{folder}]"))
    return folder


@pytest.fixture
def fortran(site, plugins):
    """The Fortran example in the site."""
    subprocess.run(["gfortran", "-O2", "-fPIC", "-shared", EXAMPLES / "fortescue.f90", "-o", plugins / "libfortescue.so"], check=True, cwd=plugins)
    manifest = site / "services" / "unbalance.yaml"
    manifest.write_text((EXAMPLES / "fortescue.yaml").read_text())
    return manifest


def state_of(platform, name, *states):
    return wait_until(lambda: platform.service(name)["state"] in states and platform.service(name), f"{name} to be {' or '.join(states)}", 60)


def receive(platform, topic, publish):
    """Publishes until something arrives at a topic, and returns it."""
    listener = subprocess.Popen(
        ["mosquitto_sub", "-p", str(platform.databus_port), "-u", "admin", "-P", "admin", "-t", topic, "-C", "1", "-W", "60"], stdout=subprocess.PIPE)
    try:
        def arrived():
            publish()
            return listener.poll() is not None
        wait_until(arrived, f"a message at {topic}", 60)
        return json.loads(listener.stdout.read())
    finally:
        listener.kill()
        listener.wait()


def pmu_phasors(stamp, **phasors):
    readings = []
    for phase, (volts, angle) in phasors.items():
        readings.append({"component": "BUS1", "measurand": "voltmagnitude", "phase": phase, "data": volts})
        readings.append({"component": "BUS1", "measurand": "voltangle", "phase": phase, "data": angle})
    return json.dumps({"device": "pmu-0123", "timestamp": stamp, "readings": readings})


def test_a_fortran_routine_works_on_pmu_readings_and_its_results_are_published_and_stored(start, fortran):
    platform = start()
    state_of(platform, "unbalance", "running")
    turn = 2 * math.pi / 3
    stamp = int(time.time() * 1000)
    message = pmu_phasors(stamp, A=(1.0, 0.0), B=(1.0, -turn), C=(0.75, turn))
    result = receive(platform, "estimates/unbalance/pmu-0123", lambda: platform.publish("/pmu/dev", message))
    assert result["unbalance_percent"] == pytest.approx(100 / 11)
    rows = wait_until(lambda: platform.rows("SELECT unbalance_percent, positive_volts FROM sequence WHERE device='pmu-0123'"), "the points")
    assert rows[0][1:] == [pytest.approx(100 / 11), pytest.approx(2.75 / 3)]
    # The adapter stores the same readings, and what does not fit the routine is a dead letter of it alone.
    letter = receive(platform, "deadletter/#", lambda: platform.publish("/pmu/dev", pmu_message(stamp=stamp + 1, A=230.0)))
    assert "the message has no 'readings[measurand=voltmagnitude,phase=B].data'" in letter["reason"]
    wait_until(lambda: platform.rows("SELECT count(voltmagnitude) FROM pmu")[0][1] >= 4, "the adapter's points")


@pytest.mark.skipif(ctypes.util.find_library("gsl") is None, reason="the GNU Scientific Library (Debian package libgsl27) is not installed")
def test_a_debian_library_integrates_what_a_message_forecasts(start, site):
    (site / "services" / "wind-power.yaml").write_text((EXAMPLES / "wind-power.yaml").read_text())
    platform = start()
    state_of(platform, "wind-power", "running")
    forecast = json.dumps({"turbine": "W1", "rated_kw": 2000, "weibull_scale": 9.0, "weibull_shape": 2.0})
    result = receive(platform, "forecasts/wind-power/W1", lambda: platform.publish("forecasts/wind/w1", forecast))
    step, expected = 1e-3, 0.0
    for index in range(22_000):
        v = 3 + (index + 0.5) * step
        share = (v**3 - 27) / (1728 - 27) if v < 12 else 1
        expected += 2000 * share * 2 / 9 * (v / 9) * math.exp(-((v / 9) ** 2)) * step
    assert result["expected_kw"] == pytest.approx(expected, rel=1e-5)
    assert wait_until(lambda: platform.rows("SELECT expected_kw FROM wind_power"), "the point")[0][1] == pytest.approx(expected, rel=1e-5)


def test_a_golden_vector_that_fails_refuses_the_start_with_what_was_expected_and_got(start, fortran):
    fortran.write_text(fortran.read_text().replace("sequence_magnitude: [0, 230, 0], unbalance: 0", "sequence_magnitude: [0, 400, 0], unbalance: 0"))
    platform = start()
    service = state_of(platform, "unbalance", "refused")
    assert "unbalance.yaml:" in service["detail"]
    assert "golden vector: 'sequence_magnitude.1' of 'fortescue': expected 400; got 230" in service["detail"]
    assert platform.service("database-adapter")["state"] == "running"


def test_a_wrong_signature_ends_its_own_process_alone_and_is_an_incident(start, site, plugins):
    (site / "services" / "vendor.yaml").write_text(WRONG_SIGNATURE)
    platform = start()
    stamp = int(time.time() * 1000) - 1_000
    for index in range(100):
        platform.publish("/pmu/dev", pmu_message(stamp=stamp + index, A=float(index)))
    state_of(platform, "vendor", "quarantined")
    incidents = platform.request("GET", "/api/services/vendor/incidents").json()["incidents"]
    assert incidents and "SIGSEGV" in str(incidents[0]) and "start" in str(incidents[0]), incidents
    wait_until(lambda: platform.rows("SELECT count(voltmagnitude) FROM pmu")[0][1] == 100, "all readings of the neighbour")
    assert platform.alive()


def test_a_library_that_crashes_on_a_message_is_started_again_and_goes_on(start, site, plugins):
    (site / "services" / "vendor.yaml").write_text(TWICE)
    platform = start()
    state_of(platform, "vendor", "running")
    assert receive(platform, "vendor/out/a", lambda: platform.publish("vendor/in/a", '{"x": 4}')) == {"x": 8.0}
    platform.publish("vendor/in/b", '{"x": -1}')
    incidents = wait_until(lambda: platform.request("GET", "/api/services/vendor/incidents").json()["incidents"], "the incident")
    assert "SIGSEGV" in str(incidents[0]) and "vendor/in/b" in str(incidents[0]), incidents[0]
    state_of(platform, "vendor", "running")
    assert receive(platform, "vendor/out/c", lambda: platform.publish("vendor/in/c", '{"x": 21}')) == {"x": 42.0}


def test_a_write_beyond_what_was_lent_is_found_told_and_ends_the_process(start, site, plugins):
    (site / "services" / "vendor.yaml").write_text(
        TWICE.split("  functions:")[0] + """  functions:
    fill: {parameters: {count: int, out: "out double[2]"}, returns: void}
  golden: [{call: fill, arguments: {count: 2}, expect: {out: [0, 1]}}]
  messages:
    - calls: [{call: fill, arguments: {count: $message.n}}]
      publish: [{topic: "vendor/out/{$topic.2}", payload: $result.fill.out, retain: true}]
""")
    platform = start()
    state_of(platform, "vendor", "running")
    platform.publish("vendor/in/a", '{"n": 4}')
    incidents = wait_until(lambda: platform.request("GET", "/api/services/vendor/incidents").json()["incidents"], "the incident")
    assert "SIGABRT" in str(incidents[0]), incidents[0]
    assert "'fill' wrote beyond the end of 'out' (expected at most 16 bytes; got more" in str(incidents[0]), incidents[0]
    state_of(platform, "vendor", "running")
    assert receive(platform, "vendor/out/b", lambda: platform.publish("vendor/in/b", '{"n": 1}')) == [0.0, 0.0]


def test_check_tells_what_is_wrong_with_a_foreign_section_and_inspect_lists_the_functions(site, plugins, executable):
    manifest = site / "services" / "vendor.yaml"

    def check():
        outcome = subprocess.run([DSOTP, "check", site], capture_output=True, text=True, timeout=120)
        return outcome.returncode, outcome.stdout + outcome.stderr

    manifest.write_text(TWICE)
    assert check()[0] == 0, check()
    manifest.write_text(TWICE.replace("x: double", "x: dubble"))
    code, text = check()
    assert code == 1 and "vendor.yaml:8: the type 'dubble' is not known" in text, text
    manifest.write_text(TWICE.replace("twice: {param", "twice: {symbol: thrice, param"))
    code, text = check()
    assert code == 1 and "has no function 'thrice'" in text, text
    manifest.write_text(TWICE.replace("isolation: foreign", "isolation: process"))
    code, text = check()
    assert code == 1 and "expected isolation: foreign beside it" in text, text
    shown = subprocess.run([DSOTP, "plugin", "inspect", "--foreign", plugins / "libvendor.so"], capture_output=True, text=True)
    assert shown.returncode == 0 and "functions  fill" in shown.stdout and "twice" in shown.stdout, shown.stdout
    assert subprocess.run([DSOTP, "plugin", "inspect", plugins / "libvendor.so"], capture_output=True).returncode == 1
