"""A year of a feeder, recorded as its meter's messages and replayed on virtual time: forecasts on time, a drift found, scores as computed here."""

import json
import math
import random
import subprocess
from datetime import date, datetime, timezone
from zoneinfo import ZoneInfo

import pytest
from conftest import DSOTP

LEVELS = [round(0.05 * step, 2) for step in range(1, 20)]
BEGAN = 1_767_225_600  # 2026-01-01T00:00:00Z
DAYS, DRIFT_DAY = 365, 200

MANIFEST = f"""
service: forecasting
library: Forecasting
enabled: true
isolation: in-process
subscribe: ["measurements/meter/+"]
publish: ["forecasts/#"]
timeseries:
  read: [{{database: dsotp, measurement: meter}}, {{database: dsotp, measurement: forecast_input}}, {{database: dsotp, measurement: forecast_weather}}]
  write: [{{database: dsotp, measurement: forecast}}, {{database: dsotp, measurement: forecast_input}}]
kv_quota: 64MiB
config:
  site: {{time_zone: Europe/Berlin, country: DE, region: NW}}
  measurements: [{{topics: ["measurements/meter/+"]}}]
  series:
    - name: feeder
      unit: kW
      step_minutes: 60
      sum: [{{measurement: meter, tags: {{device: m1}}, field: activepower, factor: 0.001}}]
  issue: {{every_minutes: 60, horizon_hours: 24}}
  training: {{seconds: 20, quick: true, wait: true}}
  publish: {{quantiles: {json.dumps([str(level) for level in LEVELS])}}}
"""


def load(hour, noise):
    """kW: a day and a week with their seasons, by the clocks of the site; from day 200 on a factory works at night."""
    local = datetime.fromtimestamp(BEGAN + hour * 3600, ZoneInfo("Europe/Berlin"))
    day, of_day = (local.date() - date(2026, 1, 1)).days, local.hour
    season = 1 + 0.2 * math.cos(2 * math.pi * day / 365)
    shape = 200 + 70 * math.exp(-((of_day - 9) / 3) ** 2) + 110 * math.exp(-((of_day - 18) / 2.5) ** 2)
    night = 180 if day >= DRIFT_DAY and (of_day >= 21 or of_day < 5) else 0
    return shape * season * (0.82 if (day + 3) % 7 >= 5 else 1) * (1 + 0.03 * noise) + night


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    """What the service published, and the true values by hour."""
    folder = tmp_path_factory.mktemp("year")
    noise, draw, truth = 0.0, random.Random(4), {}
    with open(folder / "year.jsonl", "w") as lines:
        lines.write('{"recording":1,"began":"2026-01-01T00:00:00Z"}\n')
        for hour in range(DAYS * 24):
            noise = 0.7 * noise + 0.71 * draw.gauss(0, 1)
            truth[BEGAN + hour * 3600] = round(load(hour, noise), 3)
            stamp = (BEGAN + hour * 3600 + 1800) * 1000
            body = {"device": "m1", "timestamp": stamp, "readings": [{"component": "load", "measurand": "activepower", "data": truth[BEGAN + hour * 3600] * 1000}]}
            lines.write(json.dumps({"t": hour * 3600 + 1801, "topic": "measurements/meter/m1", "qos": 1, "json": body}) + "\n")
    (folder / "forecasting.yaml").write_text(MANIFEST)
    subprocess.run([DSOTP, "record", "--lines", folder / "year.jsonl", folder / "year.rec"], check=True, capture_output=True)
    subprocess.run(
        [DSOTP, "plugin", "replay", folder / "year.rec", "--library", DSOTP.parent / "libForecasting.so", "--manifest", folder / "forecasting.yaml",
         "--only", "published", "--only", "logged", "--only", "failed", "--only", "ended", "--tail", "3600", "--output", folder / "out.jsonl"],
        check=True, capture_output=True, timeout=900)
    with open(folder / "out.jsonl") as lines:
        return [json.loads(line) for line in lines], truth


def seconds(text):
    return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp())


def body(event):
    return event["json"] if "json" in event else json.loads(event["payload"])


def of(events, topic):
    return [(event["t"], body(event)) for event in events if event["event"] == "published" and event["topic"] == topic]


def test_a_forecast_comes_with_every_hour_of_the_year_and_a_day_ahead_with_every_gate(year):
    events, _ = year
    latest = {one["issued"]: (t, one) for t, one in of(events, "forecasts/feeder")}  # A first model's forecast is replaced at once.
    latest = list(latest.values())[-DAYS * 24:]
    assert [seconds(one["issued"]) for _, one in latest] == [BEGAN + hour * 3600 for hour in range(1, DAYS * 24 + 1)]
    assert all(0 <= t + BEGAN - seconds(one["issued"]) <= 11 for t, one in latest), "ten seconds of grace, no more"
    ahead = of(events, "forecasts/feeder/day-ahead")
    assert len(ahead) >= DAYS - 1
    lengths = [len(one["quantiles"]["q50"]) for _, one in ahead]
    assert sorted(set(lengths)) == [23, 24, 25] and lengths.count(23) == lengths.count(25) == 1, "two days have other lengths"
    for _, one in latest:
        rows = list(one["quantiles"].values())
        assert all(low <= high for below, above in zip(rows, rows[1:]) for low, high in zip(below, above))
    assert [event for event in events if event["event"] == "failed"] == []
    assert events[-1]["event"] == "ended" and events[-1]["violations"] == []


def test_the_drift_of_day_200_is_found_within_a_week_and_forgotten_once_learnt(year):
    events, _ = year
    found = [event["t"] / 86_400 for event in events if event["event"] == "logged" and "has drifted" in event["text"]]
    assert any(DRIFT_DAY <= day <= DRIFT_DAY + 7 for day in found), found
    assert not [day for day in found if day < DRIFT_DAY], f"false alarms: {found}"
    scores = {int(t // 86_400): one["leads"].get("day-ahead", {}).get("pinball") for t, one in of(events, "forecasts/feeder/scores")}
    assert scores[DRIFT_DAY + 120] < 0.6 * max(scores[day] for day in range(DRIFT_DAY, DRIFT_DAY + 40)), "the new regime is learnt"


def test_the_scores_told_are_those_computed_from_what_was_published(year):
    events, truth = year
    said = {}  # By begin of the interval: the quantiles of the first day-ahead forecast that was made in time.
    for t, one in of(events, "forecasts/feeder/day-ahead"):
        if t + BEGAN - seconds(one["issued"]) > 60:
            continue
        start = seconds(one["start"])
        columns = [one["quantiles"][f"q{round(level * 100):02}"] for level in LEVELS]
        for index in range(len(columns[0])):
            said.setdefault(start + index * 3600, [column[index] for column in columns])
    told = of(events, "forecasts/feeder/scores")
    checked = 0
    for t, one in told[60::30]:
        at = seconds(one["at"])
        first = (at // 86_400 - 27) * 86_400
        rows = [(truth[hour], said[hour], truth[hour - 7 * 86_400]) for hour in range(first, at, 3600) if hour in said]
        losses = [sum(max(level * (actual - q), (level - 1) * (actual - q)) for level, q in zip(LEVELS, row)) / 19 for actual, row, _ in rows]
        score = one["leads"]["day-ahead"]
        assert score["intervals"] == len(rows)
        assert score["pinball"] == pytest.approx(sum(losses) / len(rows), rel=1e-5)
        error = sum(abs(actual - row[9]) for actual, row, _ in rows)
        assert score["mae"] == pytest.approx(error / len(rows), rel=1e-5)
        assert score["skill"] == pytest.approx(1 - error / sum(abs(actual - week) for actual, _, week in rows), rel=1e-4)
        assert score["coverage_80"] == pytest.approx(sum(row[1] <= actual <= row[17] for actual, row, _ in rows) / len(rows), rel=1e-4)
        checked += 1
    assert checked >= 8


def test_the_models_beat_last_week_and_their_intervals_hold(year):
    events, _ = year
    for t, one in of(events, "forecasts/feeder/scores"):
        if int(t // 86_400) in (150, 340):
            score = one["leads"]["day-ahead"]
            assert score["skill"] > 0.1, f"day {t // 86_400}: {score}"
            assert 0.65 <= score["coverage_80"] <= 0.95, f"day {t // 86_400}: {score}"
