"""What the tests of the forecasting share: manifests, the meters of a feeder with a load that is known, and the scores of a forecast."""

import json
import math
import random
from datetime import date, datetime, timezone
from zoneinfo import ZoneInfo

LEVELS = [round(0.05 * step, 2) for step in range(1, 20)]
QUANTILES = [f"q{round(level * 100):02}" for level in LEVELS]
BEGAN = 1_767_225_600  # 2026-01-01T00:00:00Z
DRIFT_DAY = 200
BERLIN = {"time_zone": "Europe/Berlin", "country": "DE", "region": "NW"}


def manifest(series, kv_quota="64MiB", hears=(), says=(), **config):
    """A manifest of the forecasting, as JSON, which YAML holds: series that are read from `meter`, and what its configuration has beside."""
    def measurements(*names):
        return [{"database": "dsotp", "measurement": name} for name in names]

    own = ("forecast_input", "forecast_weather")
    return json.dumps({
        "service": "forecasting", "library": "Forecasting", "enabled": True, "isolation": "in-process",
        "subscribe": ["measurements/meter/+", *hears], "publish": ["forecasts/#", *says],
        "timeseries": {"read": measurements("meter", *own), "write": measurements("forecast", *own)},
        "kv_quota": kv_quota,
        "config": {"measurements": [{"topics": ["measurements/meter/+"]}], "series": series, **config},
    }, indent=1)


def metered(name, device, factor=0.001, **more):
    """A series in kW of what one device meters in watt."""
    term = {"measurement": "meter", "tags": {"device": device}, "field": "activepower", "factor": factor}
    return {"name": name, "unit": "kW", "sum": [term], **more}


def reading(device, watts, when=None):
    """The message of a meter, without `when` (seconds since 1970) stamped as it comes."""
    stamp = {} if when is None else {"timestamp": when * 1000}
    return {"device": device, **stamp, "readings": [{"component": "load", "measurand": "activepower", "data": watts}]}


def load(hour, noise, drifts=True):
    """kW: a day and a week by the site's clocks, with their seasons; from day 200 on a factory works at night, if it drifts."""
    local = datetime.fromtimestamp(BEGAN + hour * 3600, ZoneInfo(BERLIN["time_zone"]))
    day, of_day = (local.date() - date(2026, 1, 1)).days, local.hour
    shape = 200 + 70 * math.exp(-((of_day - 9) / 3) ** 2) + 110 * math.exp(-((of_day - 18) / 2.5) ** 2)
    night = 180 if drifts and day >= DRIFT_DAY and (of_day >= 21 or of_day < 5) else 0
    return shape * (1 + 0.2 * math.cos(2 * math.pi * day / 365)) * (0.82 if (day + 3) % 7 >= 5 else 1) * (1 + 0.03 * noise) + night


def truth(hours, drifts=True):
    """What the feeder draws in kW, by begin of the hour; negative hours are before the begin."""
    noise, draw, values = 0.0, random.Random(4), {}
    for hour in hours:
        noise = 0.7 * noise + 0.71 * draw.gauss(0, 1)
        values[BEGAN + hour * 3600] = round(load(hour, noise, drifts), 3)
    return values


def moment(text):
    """Seconds since 1970 of an RFC 3339 time in UTC, to the microsecond."""
    body, _, fraction = text.rstrip("Z").partition(".")
    return datetime.strptime(body, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc).timestamp() + float(f"0.{fraction or 0}")


def row(forecast, index):
    """The quantiles of one interval of a forecast, by LEVELS."""
    return [forecast["quantiles"][name][index] for name in QUANTILES]


def scores(rows):
    """Mean pinball, mean absolute error of the median and coverage of the 80 % interval of pairs of an outcome and its quantiles."""
    rows = list(rows)
    pinball = sum(max(level * (actual - q), (level - 1) * (actual - q)) for actual, quantiles in rows for level, q in zip(LEVELS, quantiles)) / len(LEVELS)
    return {
        "intervals": len(rows), "pinball": pinball / len(rows), "mae": sum(abs(actual - quantiles[9]) for actual, quantiles in rows) / len(rows),
        "coverage_80": sum(quantiles[1] <= actual <= quantiles[17] for actual, quantiles in rows) / len(rows),
    }
