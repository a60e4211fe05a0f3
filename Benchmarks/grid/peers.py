#!/usr/bin/env python3
"""Runs one peer on one exported network and prints a line of JSON: peers.py PEER NETWORK.json RUNS.

PEER: pgm (power-grid-model: power flow by iterative current and Newton, estimation by Newton), lightsim2grid (KLU), pandapower (numba).
Times are medians in milliseconds (the fastest run with DSOTP_BENCH_BEST), without the reading of the file; memory is what the model and its results added to the process.
"""

import json
import math
import os
import statistics
import sys
import time
import warnings

warnings.filterwarnings("ignore")


def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20


def median(runs, work):
    times, value = [], None
    for _ in range(max(1, runs)):
        begin = time.perf_counter()
        value = work()
        times.append((time.perf_counter() - begin) * 1e3)
    return (min(times) if "DSOTP_BENCH_BEST" in os.environ else statistics.median(times)), value


def factors(count, frame):
    return [1 + 0.2 * math.sin(frame * 37 + index) for index in range(count)]


def pgm_input(net, with_sensors):
    import numpy as np
    from power_grid_model import ComponentType, DatasetType, LoadGenType, MeasuredTerminalType, WindingType, initialize_array

    count = len(net["nominal_volts"])
    lines, transformers, loads = net["lines"], net["transformers"], net["loads"]
    node = initialize_array(DatasetType.input, ComponentType.node, count)
    node["id"], node["u_rated"] = np.arange(count), net["nominal_volts"]
    line = initialize_array(DatasetType.input, ComponentType.line, len(lines["from"]))
    line["id"] = count + np.arange(len(line))
    line["from_node"], line["to_node"], line["from_status"], line["to_status"] = lines["from"], lines["to"], 1, 1
    line["r1"], line["x1"], line["tan1"], line["i_n"] = lines["ohms"], lines["reactance"], 0, 1e3
    line["c1"] = np.array(lines["microsiemens"]) * 1e-6 / (2 * math.pi * 50)
    transformer = initialize_array(DatasetType.input, ComponentType.transformer, len(transformers["from"]))
    transformer["id"] = count + len(line) + np.arange(len(transformer))
    volts = np.array(net["nominal_volts"])
    transformer["from_node"], transformer["to_node"] = transformers["from"], transformers["to"]
    transformer["from_status"], transformer["to_status"] = 1, 1
    transformer["u1"], transformer["u2"] = volts[transformers["from"]], volts[transformers["to"]]
    rated = np.array(transformers["rated_va"])
    transformer["sn"], transformer["uk"], transformer["pk"] = rated, transformers["uk"], np.array(transformers["ukr"]) * rated
    transformer["i0"], transformer["p0"] = transformers["i0"], np.array(transformers["p0"]) * rated
    transformer["winding_from"], transformer["winding_to"] = WindingType.delta, WindingType.wye_n
    transformer["clock"], transformer["tap_side"], transformer["tap_pos"] = transformers["clock"], 0, 0
    transformer["tap_min"], transformer["tap_max"], transformer["tap_nom"], transformer["tap_size"] = 0, 0, 0, 0
    first = count + len(line) + len(transformer)
    load = initialize_array(DatasetType.input, ComponentType.sym_load, len(loads["node"]))
    load["id"], load["node"], load["status"], load["type"] = first + np.arange(len(load)), loads["node"], 1, LoadGenType.const_power
    load["p_specified"], load["q_specified"] = loads["watts"], loads["vars"]
    source = initialize_array(DatasetType.input, ComponentType.source, 1)
    source["id"], source["node"], source["status"], source["u_ref"], source["sk"] = first + len(load), 0, 1, net["source_voltage"], 1e30
    data = {"node": node, "line": line, "transformer": transformer, "sym_load": load, "source": source}
    if not with_sensors:
        return data
    first += len(load) + 1
    by_kind = {}
    for meter in net["meters"]:
        by_kind.setdefault(meter["kind"], []).append(meter)
    magnitudes = by_kind["magnitude"]
    voltage = initialize_array(DatasetType.input, ComponentType.sym_voltage_sensor, len(magnitudes))
    voltage["id"] = first + np.arange(len(voltage))
    voltage["measured_object"] = [m["element"] for m in magnitudes]
    rated_volts = volts[voltage["measured_object"]]
    voltage["u_measured"], voltage["u_sigma"] = np.array([m["value"] for m in magnitudes]) * rated_volts, np.array([m["sigma"] for m in magnitudes]) * rated_volts
    voltage["u_angle_measured"][voltage["measured_object"] == 0] = 0.0
    load_of = {node: id for node, id in zip(loads["node"], load["id"])}
    active, reactive = by_kind["activeInjection"] + by_kind.get("activeFlow", []), by_kind["reactiveInjection"] + by_kind.get("reactiveFlow", [])
    power = initialize_array(DatasetType.input, ComponentType.sym_power_sensor, len(active))
    power["id"] = first + len(voltage) + np.arange(len(power))
    is_flow = np.array([m["kind"] == "activeFlow" for m in active])
    power["measured_object"] = [count + m["element"] if m["kind"] == "activeFlow" else load_of[m["element"]] for m in active]
    power["measured_terminal_type"] = np.where(is_flow, int(MeasuredTerminalType.branch_from), int(MeasuredTerminalType.load))
    sign = np.where(is_flow, 1e6, -1e6)
    power["p_measured"], power["q_measured"] = sign * [m["value"] for m in active], sign * [m["value"] for m in reactive]
    power["p_sigma"], power["q_sigma"] = [1e6 * m["sigma"] for m in active], [1e6 * m["sigma"] for m in reactive]
    power["power_sigma"] = np.hypot(power["p_sigma"], power["q_sigma"])
    return {**data, "sym_voltage_sensor": voltage, "sym_power_sensor": power}


def run_pgm(net, runs):
    import numpy as np
    from importlib.metadata import version
    from power_grid_model import CalculationMethod, ComponentType, DatasetType, PowerGridModel, initialize_array

    voltages = lambda output: [output["node"]["u_pu"].tolist(), output["node"]["u_angle"].tolist()]
    data = pgm_input(net, False)
    before = resident()
    build, model = median(runs, lambda: PowerGridModel(data, system_frequency=50.0))
    result = {"peer": f"power-grid-model {version('power-grid-model')}"}
    parts = {}
    for name, method in (("iterative current", CalculationMethod.iterative_current), ("Newton", CalculationMethod.newton_raphson)):
        calculate = lambda **more: model.calculate_power_flow(
            calculation_method=method, error_tolerance=1e-8, max_iterations=100, output_component_types=["node"], **more)
        single, output = median(runs, calculate)
        load = data["sym_load"]
        update = initialize_array(DatasetType.update, ComponentType.sym_load, (10, len(load)))
        update["id"] = load["id"]
        for frame in range(10):
            update["p_specified"][frame] = load["p_specified"] * factors(len(load), frame)
            update["q_specified"][frame] = load["q_specified"] * factors(len(load), frame)
        batch, _ = median(max(1, runs // 5), lambda: calculate(update_data={"sym_load": update}, threading=-1))
        parts[name] = {"build": build, "single": single, "step": batch / 10, "voltages": voltages(output)}
    result["powerFlow"] = parts
    result["modelBuild"] = build
    line = int(data["line"]["id"][len(data["line"]) // 2])
    switch = initialize_array(DatasetType.update, ComponentType.line, 1)
    switch["id"], status = line, [1]

    def operate():
        status[0] = 1 - status[0]
        switch["from_status"] = switch["to_status"] = status[0]
        model.update(update_data={"line": switch})
        model.calculate_power_flow(
            calculation_method=CalculationMethod.iterative_current, error_tolerance=1e-8, max_iterations=100, output_component_types=["node"])

    result["switchPowerFlow"], _ = median(runs, operate)
    if status[0] == 0:
        operate()
    result["mebibytes"] = resident() - before
    data = pgm_input(net, True)
    before = resident()
    build, model = median(min(runs, 5), lambda: PowerGridModel(data, system_frequency=50.0))
    estimate = lambda **more: model.calculate_state_estimation(
        calculation_method=CalculationMethod.newton_raphson, error_tolerance=1e-8, max_iterations=50, output_component_types=["node"], **more)
    try:
        single, output = median(max(1, runs // 2), estimate)
        power = data["sym_power_sensor"]
        update = initialize_array(DatasetType.update, ComponentType.sym_power_sensor, (5, len(power)))
        update["id"] = power["id"]
        for frame in range(5):
            update["p_measured"][frame] = power["p_measured"] * factors(len(power), frame)
            update["q_measured"][frame] = power["q_measured"] * factors(len(power), frame)
        batch, _ = median(1, lambda: estimate(update_data={"sym_power_sensor": update}, threading=-1))
        result["estimation"] = {"build": build, "single": single, "step": batch / 5, "voltages": voltages(output)}
    except Exception as error:
        result["estimation"] = {"error": str(error).split("\n")[0]}
    result["estimationMebibytes"] = resident() - before
    return result


def pandapower_net(net):
    import numpy as np
    import pandapower as pp

    model = pp.create_empty_network(sn_mva=1.0, f_hz=50)
    volts = np.array(net["nominal_volts"]) / 1e3
    pp.create_buses(model, len(volts), vn_kv=volts)
    pp.create_ext_grid(model, 0, vm_pu=net["source_voltage"])
    lines, transformers, loads = net["lines"], net["transformers"], net["loads"]
    pp.create_lines_from_parameters(
        model, lines["from"], lines["to"], length_km=1.0, r_ohm_per_km=lines["ohms"], x_ohm_per_km=lines["reactance"],
        c_nf_per_km=np.array(lines["microsiemens"]) * 1e3 / (2 * math.pi * 50), max_i_ka=1.0)
    rated = np.array(transformers["rated_va"]) / 1e6
    pp.create_transformers_from_parameters(
        model, transformers["from"], transformers["to"], sn_mva=rated, vn_hv_kv=volts[transformers["from"]],
        vn_lv_kv=volts[transformers["to"]], vk_percent=np.array(transformers["uk"]) * 100, vkr_percent=np.array(transformers["ukr"]) * 100,
        pfe_kw=np.array(transformers["p0"]) * rated * 1e3, i0_percent=np.array(transformers["i0"]) * 100,
        shift_degree=np.array(transformers["clock"]) * 30.0, tap_side="hv", tap_neutral=0, tap_min=0, tap_max=0, tap_step_percent=0.0, tap_pos=0)
    pp.create_loads(model, loads["node"], p_mw=np.array(loads["watts"]) / 1e6, q_mvar=np.array(loads["vars"]) / 1e6)
    return model


def run_pandapower(net, runs):
    import pandapower as pp

    before = resident()
    build, model = median(1, lambda: pandapower_net(net))
    solve = lambda init: pp.runpp(model, algorithm="nr", numba=True, trafo_model="pi", calculate_voltage_angles=True, init=init, tolerance_mva=1e-8)
    solve("dc")
    single, _ = median(max(1, runs // 2), lambda: solve("dc"))
    step, _ = median(max(1, runs // 2), lambda: solve("results"))
    angles = [math.radians(a) for a in model.res_bus.va_degree]
    part = {"build": build, "single": single, "step": step, "voltages": [model.res_bus.vm_pu.tolist(), angles]}
    return {"peer": f"pandapower {pp.__version__}", "powerFlow": {"Newton": part}, "mebibytes": resident() - before}


def run_lightsim2grid(net, runs):
    import lightsim2grid
    import numpy as np
    from lightsim2grid.network import init_from_pandapower

    model = pandapower_net(net)
    before = resident()
    build, grid = median(1, lambda: init_from_pandapower(model, pp_orig_file="pandapower_v3"))
    count = len(net["nominal_volts"])
    # The shift of the transformers is too far for a start at angle zero; the start from a DC power flow is not timed.
    start = grid.dc_pf(np.full(count, net["source_voltage"], dtype=complex), 1, 1e-8)

    def solve():
        voltages = grid.ac_pf(start, 30, 1e-8)
        if len(voltages) == 0:
            raise RuntimeError("it did not converge")
        return voltages

    single, voltages = median(runs, solve)
    part = {"build": build, "single": single, "step": None, "voltages": [np.abs(voltages).tolist(), np.angle(voltages).tolist()]}
    return {"peer": f"lightsim2grid {lightsim2grid.__version__}", "powerFlow": {"Newton, KLU": part}, "mebibytes": resident() - before}


if __name__ == "__main__":
    peer, path, runs = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with open(path) as file:
        network = json.load(file)
    runner = {"pgm": run_pgm, "pandapower": run_pandapower, "lightsim2grid": run_lightsim2grid}[peer]
    try:
        print(json.dumps(runner(network, runs)))
    except Exception as error:
        print(json.dumps({"peer": peer, "error": f"{type(error).__name__}: {error}"}))
