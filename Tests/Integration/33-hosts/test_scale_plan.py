"""The scale plan says what its simulation prints, and the simulation obeys what it must."""

import subprocess

from conftest import REPOSITORY

SIMULATE = REPOSITORY / "Benchmarks" / "scale" / "simulate"


def test_model_obeys():
    assert subprocess.run([SIMULATE, "--check"], capture_output=True, text=True, check=True).stdout == "the model obeys\n"


def test_plan_holds_the_tables_of_the_simulation():
    printed = subprocess.run([SIMULATE], capture_output=True, text=True, check=True).stdout
    plan = (REPOSITORY / "docs" / "scale-plan.md").read_text()
    lines = [line for line in printed.splitlines() if line.startswith("|")]
    assert len(lines) > 20
    for line in lines:
        assert line in plan, f"docs/scale-plan.md lacks a line of make bench-scale: {line}"
