"""Flexibility over MQTT and REST beside a real community: a request that the grid cuts, and one that is carried out, killed in the middle, and settled."""

import json
import threading
import time
from datetime import datetime, timedelta

import paho.mqtt.client as mqtt
import pytest
from conftest import wait_until
from metering import SiteTime, mean, moment

SPEED = 10

COMMUNITY = """
service: community-balancing
library: CommunityBalancing
description: Balances the community of the test
enabled: true
isolation: in-process
subscribe: ["assets/+/report", "communities/+/exchange", "communities/+/mode/set", "forecasts/+"]
publish: ["communities/#"]
commands: {class: balancing, topics: ["setpoints/#"], rate: 1000/s}
config:
  communities:
    - name: abb
      transformer: {import_kw: 200, export_kw: 200}
      period: 2
      assets:
        - {id: b1, kind: battery, maximum_kw: 60, feed_kw: 60, capacity_kwh: 300, soc_final_percent: 5}
        - {id: b2, kind: battery, maximum_kw: 60, feed_kw: 60, capacity_kwh: 300, soc_final_percent: 5}
      watch: {silent_seconds: 60, follow_seconds: 60, repeat_seconds: 20, tolerance_kw: 1}
"""

FLEXIBILITY = """
service: flexibility
library: Flexibility
description: Deals in the flexibility of the test's community
enabled: true
isolation: in-process
labels: {console: flexibility}
subscribe:
  - {topic: "flexibility/requests/#", qos: 1}
  - {topic: switches/+, qos: 1}
  - communities/+/state
  - assets/+/report
  - estimates/cigre-mv
publish: ["flexibility/#", "communities/+/mode/set"]
commands: {class: balancing, topics: ["setpoints/#"], rate: 1000/s}
timeseries:
  read: [{database: dsotp, measurement: flexibility_meter}]
  write: [{database: dsotp, measurement: flexibility}, {database: dsotp, measurement: flexibility_meter}, {database: dsotp, measurement: flexibility_availability}]
kv_quota: 8MiB
config:
  grid: ["${SITE}/grid/cigre-mv_EQ.xml", "${SITE}/grid/cigre-mv_SSH.xml", "${SITE}/grid/cigre-mv_DL.xml"]
  name: cigre-mv
  period_minutes: 1
  limits: {ratings_amperes: {TR1: 250, TR2: 250}}
  resources:
    - {community: abb, place: N8}
    - {asset: electrolyser, place: N8, maximum_kw: 4000}
  activation: {period: 1, confirm_seconds: 120, silent_seconds: 120, tolerance_kw: 2}
  baseline: {wait_minutes: 5}
  store: {database: dsotp}
"""


class Field:
    """The community's batteries and meter, and an electrolyser at the same node."""

    def __init__(self, port):
        self.power, self.load, self.running = {"b1": 0.0, "b2": 0.0}, 20.0, True
        self.heard, self.clock, self.samples = {}, None, []
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self.client.username_pw_set("admin", "admin")
        self.client.on_message = self.take
        self.client.connect("127.0.0.1", port)
        self.client.subscribe([("setpoints/+", 1), ("flexibility/#", 1), (SiteTime.TOPIC, 1)])
        self.client.loop_start()
        wait_until(lambda: self.clock, "the site's clock to be told")
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def take(self, client, _, message):
        if message.topic == SiteTime.TOPIC:
            self.clock = SiteTime(json.loads(message.payload))
            return
        if message.topic.startswith("flexibility/"):
            self.heard.setdefault(message.topic, []).append((message.retain, message.payload))
            return
        name, order = message.topic.split("/")[1], json.loads(message.payload)
        if name in self.power:
            self.power[name] = order["value"]
            client.publish(f"setpoints/{name}/ack", json.dumps({"command": order["command"]}), qos=1)

    def run(self):
        while self.running:
            for name, power in self.power.items():
                self.client.publish(f"assets/{name}/report", json.dumps({"power_kw": power, "band_kw": [-60, 60], "energy_kwh": 150}))
            self.client.publish("assets/electrolyser/report", json.dumps({"power_kw": 0, "band_kw": [0, 4000]}))
            exchange = self.exchange()
            self.samples.append((self.clock.at(time.time()), exchange))
            self.client.publish("communities/abb/exchange", json.dumps({"power_kw": exchange}))
            time.sleep(0.05)

    def exchange(self):
        return self.load + sum(self.power.values())

    def states(self, request):
        return [json.loads(payload)["state"] for _, payload in self.heard.get(f"flexibility/requests/{request}/state", [])]

    def stop(self):
        self.running = False
        self.thread.join(5)
        self.client.loop_stop()
        self.client.disconnect()


@pytest.fixture
def market(start, site):
    (site / "services" / "community-balancing.yaml").write_text(COMMUNITY)
    (site / "services" / "flexibility.yaml").write_text(FLEXIBILITY)
    platform = start(site=site, arguments=["--speed", str(SPEED)])
    fields = [Field(platform.databus_port)]
    wait_until(lambda: available(platform, "abb"), "the community's flexibility to be known", 60)
    yield platform, fields
    for field in fields:
        field.stop()


def get(platform, path, **parameters):
    answer = platform.request("GET", f"/api/flexibility{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def post(platform, path, body, status=200, **options):
    answer = platform.request("POST", f"/api/flexibility{path}", user="operator", password="operator", headers={"X-Requested-With": "test"}, json=body, **options)
    assert answer.status_code == status, answer.text
    return answer.json()


def available(platform, name):
    found = get(platform, "/availability", location=name)["locations"][0]["up_kw"]["p50"]
    return found and found[0] > 0


def test_a_request_is_cut_to_what_the_line_carries_and_taken_after_a_switch_change(market):
    platform, fields = market
    wait_until(lambda: available(platform, "electrolyser"), "the electrolyser to report", 30)
    start = datetime.fromisoformat(get(platform, "/availability", location="abb")["locations"][0]["start"]) + timedelta(minutes=30)
    body = {"id": "big", "revision": 1, "source": "market", "location": {"asset": "electrolyser"},
            "intervals": [{"start": start.isoformat(), "duration": "PT2M", "minKw": 0, "maxKw": 3000}]}
    asked = post(platform, "/requests", body, 201)
    limit = asked["check"]["limited_by"][0]
    assert asked["state"] == "offered" and asked["check"]["outcome"] == "partly"
    assert limit["kind"] == "current" and limit["element"] in ("L1-2", "L2-3") and limit["limit"] == 145
    assert 100 < asked["offer"]["kw"][0] < 2000

    # Sent once more it is the same request; changed without a new revision it is a conflict.
    assert post(platform, "/requests", body)["history"] == asked["history"]
    post(platform, "/requests", dict(body, priority=9), 409)

    platform.publish("switches/L14-8.N14", "closed")
    platform.publish("switches/L3-8.N3", "open")
    wait_until(lambda: post(platform, "/requests/big/check", {})["check"]["outcome"] == "feasible", "the other transformer to carry it", 30)
    assert get(platform, "/requests/big")["offer"]["kw"] == [3000, 3000]
    post(platform, "/requests/big/accept", {"reference": "order 1"})
    answer = platform.request("DELETE", "/api/flexibility/requests/big", user="operator", password="operator", params={"reason": "enough"},
                              headers={"X-Requested-With": "test"})
    assert answer.status_code == 200 and answer.json()["state"] == "cancelled"


def test_a_request_by_mqtt_is_carried_out_by_the_community_over_kill_9_and_settled(market):
    platform, fields = market
    start = datetime.fromisoformat(get(platform, "/availability", location="abb")["locations"][0]["start"]) + timedelta(minutes=3)
    platform.publish("flexibility/requests", json.dumps(
        {"id": "live", "location": {"community": "abb"}, "direction": "up", "intervals": [{"start": start.isoformat(), "duration": "PT6M", "power_kw": 40}]}))
    wait_until(lambda: fields[0].states("live")[-1:] == ["offered"], "the request to be offered", 30)
    platform.publish("flexibility/requests/live/accept", json.dumps({"by": "exchange"}))
    wait_until(lambda: get(platform, "/requests/live")["state"] == "active", "the community to follow", 90)
    wait_until(lambda: abs(fields[0].exchange() - 60) < 3, "the exchange to be forty kilowatts higher", 30)

    fields[0].stop()
    clock = platform.request("GET", "/api/clock").json()["time"]
    platform.kill()
    platform.arguments = ["--speed", str(SPEED), "--begin", clock[:19] + "Z"]
    platform.start()
    fields.append(Field(platform.databus_port))
    fields[-1].power.update(fields[0].power)
    record = get(platform, "/requests/live")
    assert record["state"] in ("active", "completed") and record["order"]["by"] == "exchange"
    retained = wait_until(lambda: fields[-1].heard.get("flexibility/requests/live/state"), "the state to be told again", 30)
    assert retained

    wait_until(lambda: get(platform, "/requests/live")["state"] == "settled", "the request to be settled", 180)
    record = get(platform, "/requests/live")
    assert [step["state"] for step in record["history"]][:6] == ["received", "checked", "offered", "accepted", "activating", "active"]
    assert record["settlement"]["ordered_kwh"] == pytest.approx(4) and len(record["verification"]) == 6
    good = [step for step in record["verification"] if step["quality"] != "unverified"]
    assert len(good) >= 4, record["verification"]
    assert record["settlement"]["delivered_kwh"] == pytest.approx(delivered(record["verification"], fields), rel=0.03), record["verification"]
    assert record["settlement"]["delivered_kwh"] > 0.9 * sum(step["ordered_kw"] for step in good) / 60
    assert record["settlement"]["unverified_kwh"] == pytest.approx(sum(step["ordered_kw"] for step in record["verification"] if step not in good) / 60)
    assert platform.rows("SELECT count(ordered_kw) FROM flexibility")[0][1] == 6
    table = platform.request("GET", "/api/flexibility/settlements", params={"format": "csv"})
    assert table.headers["Content-Type"].startswith("text/csv") and "live" in table.text


def delivered(steps, fields):
    """Energy beyond the baseline, kWh, from what the meter published: before the service was killed and, from where its clock went on, afterwards. The
    baseline goes from the mean of the period before the order to that of the one after it."""
    samples = [sample for sample in fields[0].samples if sample[0] < fields[1].samples[0][0]] + fields[1].samples
    begin, end = moment(steps[0]["start"]), moment(steps[-1]["end"])
    before, after = mean(samples, begin - 60, begin), mean(samples, end, end + 60)
    energy = 0
    for index, step in enumerate(steps):
        if step["quality"] == "unverified":
            continue
        metered = mean(samples, moment(step["start"]), moment(step["end"]))
        # Of the period in which it was killed the service knows a part.
        assert step["quality"] != "good" or metered == pytest.approx(step["actual_kw"], abs=3), (metered, step)
        base = before + (after - before) * (index + 1) / (len(steps) + 1)
        energy += max(0, min(metered - base, step["ordered_kw"])) / 60
    return energy
