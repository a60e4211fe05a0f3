"""Solves one program, written by BalancingBenchmark, with HiGHS: one thread, the same gap and time. Prints one line of JSON."""
import json
import sys
import time

import highspy
import numpy

data = json.load(open(sys.argv[1]))
seconds, gap = float(sys.argv[2]), float(sys.argv[3])
columns, rows = len(data["cost"]), len(data["row_lower"])
order = numpy.argsort(numpy.array(data["entry_column"]), kind="stable")
entry_columns = numpy.array(data["entry_column"], dtype=numpy.int64)[order]
model = highspy.HighsLp()
model.num_col_, model.num_row_ = columns, rows
model.col_cost_, model.col_lower_, model.col_upper_ = (numpy.array(data[key]) for key in ("cost", "lower", "upper"))
model.row_lower_, model.row_upper_ = numpy.array(data["row_lower"]), numpy.array(data["row_upper"])
model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
model.a_matrix_.start_ = numpy.searchsorted(entry_columns, numpy.arange(columns + 1)).astype(numpy.int32)
model.a_matrix_.index_ = numpy.array(data["entry_row"], dtype=numpy.int32)[order]
model.a_matrix_.value_ = numpy.array(data["entry_value"])[order]
if data["integer"]:
    kinds = [highspy.HighsVarType.kContinuous] * columns
    for column in data["integer"]:
        kinds[int(column)] = highspy.HighsVarType.kInteger
    model.integrality_ = kinds
solver = highspy.Highs()
for name, value in (("output_flag", False), ("threads", 1), ("time_limit", seconds), ("mip_rel_gap", gap)):
    solver.setOptionValue(name, value)
began, processor = time.perf_counter(), time.process_time()
solver.passModel(model)
solver.run()
print(json.dumps({"seconds": time.perf_counter() - began, "processor_seconds": time.process_time() - processor, "objective": solver.getInfo().objective_function_value}))
