"""Hundreds of series at one boundary: all are forecast, and nobody waits for all of them."""

import json
import threading
import time

import paho.mqtt.client as mqtt
from conftest import wait_until
from feeder import manifest, metered, reading

PLANTS = 150


def test_a_boundary_of_hundreds_of_series_keeps_no_request_and_no_message_waiting(start, site):
    for old in (site / "services").glob("*.yaml"):
        old.unlink()
    plants = [metered(f"roof-{number}", f"r{number}", factor=-0.001, kind="pv", capacity=100) for number in range(PLANTS)]
    (site / "services" / "forecasting.yaml").write_text(manifest(
        plants, kv_quota="512MiB", hears=[{"topic": "weather/#", "qos": 1}], site={"time_zone": "Europe/Berlin", "latitude": 51.4, "longitude": 7.0},
        weather={"topics": ["weather/#"]}, issue={"every_minutes": 15, "grace_seconds": 0, "horizon_hours": 48}, training={"quick": True}))
    # Half a minute before the gate and a boundary: every plant has two forecasts to make there.
    platform = start(arguments=["--speed", "1", "--begin", "2026-06-01T09:59:20Z"])
    seen, lock = {"latest": set(), "day-ahead": set()}, threading.Lock()

    def take(_client, _data, message):
        parts = message.topic.split("/")
        kind = parts[2] if len(parts) > 2 else "latest"
        if kind in seen and b'"issued":"2026-06-01T10:00:00Z"' in message.payload:
            with lock:
                seen[kind].add(parts[1])

    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.username_pw_set("admin", "admin")
    client.on_message = take
    client.connect("127.0.0.1", platform.databus_port)
    client.subscribe("forecasts/#", qos=1)
    client.loop_start()
    waits = []

    def asked():
        """One request and one message to the service, and whether the boundary is done."""
        began = time.monotonic()
        answer = platform.request("POST", "/api/forecasting/weather", json={
            "issued": "2026-06-01T09:00:00Z", "start": "2026-06-01T09:00:00Z", "values": {"temperature": [18.0]}})
        assert answer.status_code == 200, answer.text
        waits.append(time.monotonic() - began)
        client.publish("measurements/meter/r1", json.dumps(reading("r1", -20000)), qos=1)
        with lock:
            return len(seen["latest"]) == PLANTS and len(seen["day-ahead"]) == PLANTS

    wait_until(asked, f"both forecasts of {PLANTS} plants", 180)
    client.loop_stop()
    client.disconnect()
    waits.sort()
    assert len(waits) > 20 and waits[-1] < 2, f"the longest of {len(waits)} requests waited {waits[-1]:.2f} s"
    assert waits[len(waits) // 2] < 0.3, f"half of the requests waited {waits[len(waits) // 2]:.2f} s"
