"""Fuzzing: requests that are nearly right or wrong altogether, and what every answer has to be whatever was asked.

`python -m tests.fuzz --cases N --seed S` (`make fuzz CASES=N SEED=S`) plays rounds of 250 cases, `--round R` one of them again; a
failure prints that command. `machine.py` is a state machine of hypothesis over a model of the mock, `model.py`;
`python -m tests.fuzz.machine_run --examples N --seed S` plays it at random. `make nightly` runs both, `make test` a small fixed set.
"""
