"""Hundreds of series at one boundary: all are forecast, and nobody waits for all of them."""

import threading
import time

import paho.mqtt.client as mqtt
from conftest import wait_until

PLANTS = 150

MANIFEST = """
service: forecasting
library: Forecasting
enabled: true
isolation: in-process
subscribe: ["measurements/meter/+", {{topic: "weather/#", qos: 1}}]
publish: ["forecasts/#"]
timeseries:
  read: [{{database: dsotp, measurement: meter}}, {{database: dsotp, measurement: forecast_input}}, {{database: dsotp, measurement: forecast_weather}}]
  write: [{{database: dsotp, measurement: forecast}}, {{database: dsotp, measurement: forecast_input}}, {{database: dsotp, measurement: forecast_weather}}]
kv_quota: 512MiB
config:
  site: {{time_zone: Europe/Berlin, latitude: 51.4, longitude: 7.0}}
  measurements: [{{topics: ["measurements/meter/+"]}}]
  weather: {{topics: ["weather/#"]}}
  series:
{series}
  issue: {{every_minutes: 15, grace_seconds: 0, horizon_hours: 48}}
  training: {{quick: true}}
"""

ONE = "    - {{name: roof-{0}, kind: pv, unit: kW, capacity: 100, sum: [{{measurement: meter, tags: {{device: r{0}}}, field: activepower, factor: -0.001}}]}}\n"


def test_a_boundary_of_hundreds_of_series_keeps_no_request_and_no_message_waiting(start, site):
    for manifest in (site / "services").glob("*.yaml"):
        manifest.unlink()
    (site / "services" / "forecasting.yaml").write_text(MANIFEST.format(series="".join(ONE.format(number) for number in range(PLANTS))))
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
        client.publish("measurements/meter/r1", '{"device": "r1", "readings": [{"component": "load", "measurand": "activepower", "data": -20000}]}', qos=1)
        with lock:
            return len(seen["latest"]) == PLANTS and len(seen["day-ahead"]) == PLANTS

    wait_until(asked, f"both forecasts of {PLANTS} plants", 180)
    client.loop_stop()
    client.disconnect()
    waits.sort()
    assert len(waits) > 20 and waits[-1] < 2, f"the longest of {len(waits)} requests waited {waits[-1]:.2f} s"
    assert waits[len(waits) // 2] < 0.3, f"half of the requests waited {waits[len(waits) // 2]:.2f} s"
