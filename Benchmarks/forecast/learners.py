#!/usr/bin/env python3
"""Other learners on the very features of our trees: how much the trees themselves give.

`ForecastBenchmark SET TABLE.csv /dev/null --tables FOLDER` writes what the trees of both members see at each refit, and the rows of the days until
the next one with what our trees say of them, before any combination or calibration. Here learn, on the same rows, targets and weights:
- XGBoost 1.7.4 (the version in Debian: no quantile objective) by location and scale: one booster for the mean, five for residuals out of fold in
  blocks of weeks, one for the logarithm of their size, and the quantiles of what is left by four hours of the day;
- LightGBM's quantile objective, a model for each level.
The score is the mean pinball loss at the eleven levels from 0.05 to 0.95 that our trees are fitted for, and the coverage of the 80 % interval.
"""

import argparse
import time
from pathlib import Path

import numpy as np

LEVELS = [0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99]
ROUNDS = 300


def read(path):
    numbers = np.fromfile(path, dtype=np.float32)
    rows, columns, rest = (int(number) for number in numbers[:3])
    table = numbers[3:].reshape(rows, columns + rest)
    return table[:, :columns], table[:, columns:]


def location_scale(x, y, weight, day, asked):
    import xgboost
    parameters = {"max_depth": 4, "min_child_weight": min(100, max(10, len(y) // 30)), "eta": 0.05, "subsample": 0.6, "colsample_bytree": 0.7,
                  "nthread": 1, "seed": 1, "tree_method": "hist"}

    def fit(rows, target):
        return xgboost.train(parameters, xgboost.DMatrix(x[rows], target[rows], weight=weight[rows]), ROUNDS)

    def predict(model, rows):
        return model.predict(xgboost.DMatrix(rows))

    everything = np.ones(len(y), bool)
    mean = fit(everything, y)
    block = day.astype(int) // 7 % 5
    residual = np.empty(len(y), np.float32)
    for part in range(5):
        residual[block == part] = y[block == part] - predict(fit(block != part, y), x[block == part])
    floor = np.quantile(np.abs(residual), 0.05) + 1e-9
    size = fit(everything, np.log(np.abs(residual) + floor))
    standard = residual / np.exp(predict(size, x))
    center, spread = predict(mean, asked), np.exp(predict(size, asked))
    answer = np.empty((len(asked), len(LEVELS)), np.float32)
    for group in range(6):
        own, theirs = (x[:, 0] // 4 == group), (asked[:, 0] // 4 == group)
        quantiles = np.quantile(standard[own] if own.sum() > 50 else standard, LEVELS)
        answer[theirs] = center[theirs, None] + spread[theirs, None] * quantiles[None, :]
    return answer


def quantile_models(x, y, weight, day, asked):
    import lightgbm
    data = lightgbm.Dataset(x, y, weight=weight, params={"verbose": -1})
    answer = []
    for level in LEVELS:
        model = lightgbm.train(
            {"objective": "quantile", "alpha": level, "num_leaves": 12, "min_data_in_leaf": min(100, max(10, len(y) // 30)), "learning_rate": 0.05,
             "bagging_fraction": 0.6, "bagging_freq": 1, "feature_fraction": 0.7, "num_threads": 1, "seed": 1, "verbose": -1}, data, ROUNDS)
        answer.append(model.predict(asked))
    return np.sort(np.array(answer).T, axis=1)


def score(outcome, answer):
    known = ~np.isnan(outcome)
    y, q = outcome[known, None], answer[known, 1:-1]
    level = np.array(LEVELS[1:-1])[None, :]
    loss = np.maximum(level * (y - q), (level - 1) * (y - q)).mean()
    return loss, 100 * ((y[:, 0] >= answer[known, 2]) & (y[:, 0] <= answer[known, 10])).mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("sets", nargs="+")
    arguments = parser.parse_args()
    learners = {"XGBoost 1.7.4, location and scale": location_scale, "LightGBM, a model for each level": quantile_models}
    print("| set | member | learner | pinball at 11 levels | cover 80 | fit s (median) |\n| --- | --- | --- | --- | --- | --- |")
    for name in arguments.sets:
        for member in ("relative", "residual"):
            outcomes, ours, others, seconds = [], [], {learner: [] for learner in learners}, {learner: [] for learner in learners}
            refit = 0
            while (arguments.folder / f"{name}-{member}-{refit}-learnt.f32").exists():
                x, rest = read(arguments.folder / f"{name}-{member}-{refit}-learnt.f32")
                asked, about = read(arguments.folder / f"{name}-{member}-{refit}-asked.f32")
                outcomes.append(about[:, 1])
                ours.append(about[:, 4:])
                for learner, function in learners.items():
                    began = time.process_time()
                    others[learner].append(function(x, rest[:, 1], rest[:, 2], rest[:, 3], asked))
                    seconds[learner].append(time.process_time() - began)
                refit += 1
            outcome = np.concatenate(outcomes)
            rows = [("ours", np.concatenate(ours), None)] + [(learner, np.concatenate(others[learner]), np.median(seconds[learner])) for learner in learners]
            for learner, answer, fit in rows:
                loss, cover = score(outcome, answer)
                print(f"| {name} | {member} | {learner} | {loss:.4f} | {cover:.1f} | {'–' if fit is None else f'{fit:.1f}'} |", flush=True)


if __name__ == "__main__":
    main()
