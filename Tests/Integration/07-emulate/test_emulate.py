"""`dsotp emulate pmu`: a real MQTT client over TCP whose readings arrive whole."""

import subprocess

from conftest import DSOTP, wait_until


def test_emulated_pmus_publish_over_tcp_and_every_reading_is_stored(platform):
    result = subprocess.run(
        [DSOTP, "emulate", "pmu", "--devices", "10", "--rate", "50", "--frames", "100", "--qos", "1", "--port", str(platform.databus_port),
         "--user", "admin", "--password", "admin"], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr
    wait_until(lambda: platform.rows("SELECT count(voltmagnitude) FROM pmu")[0][1] == 3000, "10 devices x 100 frames x 3 phases")
    devices = platform.query('SHOW TAG VALUES FROM "pmu" WITH KEY = "device"')["series"][0]["values"]
    assert [row[1] for row in devices] == [f"pmu-{number:04d}" for number in range(1, 11)]
    row = platform.rows("SELECT min(frequency), max(frequency) FROM pmu")[0]
    assert 49 < row[1] < row[2] < 51


def test_a_wrong_password_is_told_in_words(platform):
    result = subprocess.run(
        [DSOTP, "emulate", "pmu", "--frames", "1", "--port", str(platform.databus_port), "--user", "admin", "--password", "wrong"],
        capture_output=True, text=True, timeout=60)
    assert result.returncode == 1 and "password" in (result.stdout + result.stderr).lower()
