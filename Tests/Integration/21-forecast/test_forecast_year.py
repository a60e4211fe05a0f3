"""A year of a feeder, recorded as its meter's messages and replayed on virtual time: forecasts on time, a drift found, scores as computed here."""

import json
import subprocess

import pytest
from conftest import DSOTP
from feeder import BEGAN, BERLIN, DRIFT_DAY, LEVELS, manifest, metered, moment, reading, row, scores, truth

DAYS = 365


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    """What the service published, and the true values by hour."""
    folder = tmp_path_factory.mktemp("year")
    town = truth(range(DAYS * 24))
    with open(folder / "year.jsonl", "w") as lines:
        lines.write('{"recording":1,"began":"2026-01-01T00:00:00Z"}\n')
        for when, kilowatts in town.items():
            message = {"t": when - BEGAN + 1801, "topic": "measurements/meter/m1", "qos": 1, "json": reading("m1", kilowatts * 1000, when + 1800)}
            lines.write(json.dumps(message) + "\n")
    (folder / "forecasting.yaml").write_text(manifest(
        [metered("feeder", "m1", step_minutes=60)], site=BERLIN, issue={"every_minutes": 60, "horizon_hours": 24},
        training={"seconds": 20, "quick": True, "wait": True}, publish={"quantiles": [str(level) for level in LEVELS]}))
    subprocess.run([DSOTP, "record", "--lines", folder / "year.jsonl", folder / "year.rec"], check=True, capture_output=True)
    subprocess.run(
        [DSOTP, "plugin", "replay", folder / "year.rec", "--library", DSOTP.parent / "libForecasting.so", "--manifest", folder / "forecasting.yaml",
         "--only", "published", "--only", "logged", "--only", "failed", "--only", "ended", "--tail", "3600", "--output", folder / "out.jsonl"],
        check=True, capture_output=True, timeout=900)
    with open(folder / "out.jsonl") as lines:
        return [json.loads(line) for line in lines], town


def body(event):
    return event["json"] if "json" in event else json.loads(event["payload"])


def of(events, topic):
    return [(event["t"], body(event)) for event in events if event["event"] == "published" and event["topic"] == topic]


def test_a_forecast_comes_with_every_hour_of_the_year_and_a_day_ahead_with_every_gate(year):
    events, _ = year
    latest = {one["issued"]: (t, one) for t, one in of(events, "forecasts/feeder")}  # A first model's forecast is replaced at once.
    latest = list(latest.values())[-DAYS * 24:]
    assert [moment(one["issued"]) for _, one in latest] == [BEGAN + hour * 3600 for hour in range(1, DAYS * 24 + 1)]
    assert all(0 <= t + BEGAN - moment(one["issued"]) <= 11 for t, one in latest), "ten seconds of grace, no more"
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
    events, town = year
    said = {}  # By begin of the interval: the quantiles of the first day-ahead forecast that was made in time.
    for t, one in of(events, "forecasts/feeder/day-ahead"):
        if t + BEGAN - moment(one["issued"]) > 60:
            continue
        start = int(moment(one["start"]))
        for index in range(len(one["quantiles"]["q50"])):
            said.setdefault(start + index * 3600, row(one, index))
    told = of(events, "forecasts/feeder/scores")
    checked = 0
    for t, one in told[60::30]:
        at = int(moment(one["at"]))
        hours = [hour for hour in range((at // 86_400 - 27) * 86_400, at, 3600) if hour in said]
        own = scores((town[hour], said[hour]) for hour in hours)
        score = one["leads"]["day-ahead"]
        assert score["intervals"] == own["intervals"]
        assert score["pinball"] == pytest.approx(own["pinball"], rel=1e-5)
        assert score["mae"] == pytest.approx(own["mae"], rel=1e-5)
        naive = sum(abs(town[hour] - town[hour - 7 * 86_400]) for hour in hours) / len(hours)
        assert score["skill"] == pytest.approx(1 - own["mae"] / naive, rel=1e-4)
        assert score["coverage_80"] == pytest.approx(own["coverage_80"], rel=1e-4)
        checked += 1
    assert checked >= 8


def test_the_models_beat_last_week_and_their_intervals_hold(year):
    events, _ = year
    for t, one in of(events, "forecasts/feeder/scores"):
        if int(t // 86_400) in (150, 340):
            score = one["leads"]["day-ahead"]
            assert score["skill"] > 0.1, f"day {t // 86_400}: {score}"
            assert 0.65 <= score["coverage_80"] <= 0.95, f"day {t // 86_400}: {score}"
