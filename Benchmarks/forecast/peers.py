"""The peer that runs beside us: LightGBM's quantile objective, one model for each level, with the protocol's gate, refits and window."""

import time

import numpy as np
import pandas as pd


def features(score, name):
    """Calendar, weather, and the readings known at noon of the day before; the load is empty after the gate."""
    d, meta = score.load_dataset(name)
    d = d.reindex(pd.date_range(d.index[0], d.index[-1], freq=f"{meta['step']}min"))
    day = 1440 // meta["step"]
    x = pd.DataFrame(index=d.index)
    x["slot"] = d.index.hour * 60 + d.index.minute
    x["weekday"] = d.index.weekday
    x["yearday"] = d.index.dayofyear
    x["holiday"] = d.holiday
    weather = ["temp_fcst"] + meta["extra"]
    for column in weather:
        x[column] = d[column]
    hour = day // 24
    for column in [c for c in weather if c in ("radiation_w_m2", "ssrd_w_m2", "windspeed_100m", "temp_fcst")]:
        x[column + "-1h"], x[column + "+1h"] = d[column].shift(hour), d[column].shift(-hour)
    x["temp24"] = d.temp_fcst.rolling(day).mean()
    morning = d.index.hour < 12
    x["recent"] = np.where(morning, d.load.shift(day), d.load.shift(2 * day))
    for back in (2, 7, 14):
        x[f"lag{back}"] = d.load.shift(back * day)
    noon = d.load.rolling(day).mean().shift(1)[d.index.hour * 60 + d.index.minute == 720]
    level = d.load.rolling(7 * day).mean().shift(1)[d.index.hour * 60 + d.index.minute == 720]
    dates = d.index.normalize() - pd.Timedelta(days=1) + pd.Timedelta(hours=12)
    x["mean24"], x["mean168"] = noon.reindex(dates).values, level.reindex(dates).values
    return d, meta, x


def lightgbm(score, name):
    import lightgbm
    d, meta, x = features(score, name)
    days, refits = score.origins(meta)
    ends = list(refits[1:]) + [days[-1] + pd.Timedelta(days=1)]
    parts, seconds = [], []
    for first, end in zip(refits, ends):
        gate = first - pd.Timedelta(hours=12)
        known = (d.index < gate) & (d.index >= gate - pd.Timedelta(days=meta["train_days"])) & d.load.notna()
        if meta["pv"]:
            known &= d.tsr_w_m2 > 0
        target = (d.index >= first) & (d.index < end)
        began = time.monotonic()
        columns = []
        for level in score.Q19:
            model = lightgbm.LGBMRegressor(
                objective="quantile", alpha=level, n_estimators=200, num_leaves=8, min_child_samples=200, learning_rate=0.05, n_jobs=1, verbose=-1)
            columns.append(model.fit(x[known], d.load[known]).predict(x[target]))
        seconds.append(time.monotonic() - began)
        parts.append(pd.DataFrame(np.sort(np.array(columns).T, axis=1), index=d.index[target]))
    outcome = d.load.where(d.tsr_w_m2 > 0) if meta["pv"] else d.load
    result = score.score(pd.concat(parts), outcome)
    return {**result, "name": "LightGBM 4.7, 19 quantiles, 8 leaves", "fit_s": float(np.median(seconds))}
