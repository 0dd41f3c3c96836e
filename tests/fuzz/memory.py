"""Whether memory grew over a run: the last third of its rounds beside the middle one, when every bound is filled."""

from __future__ import annotations

from tests.fuzz.campaign import Measured

# Fewer rounds than this do not fill what remembers the keys of forgotten accounts.
ENOUGH_ROUNDS = 150
MOST = 1.05


def growth(measured: Measured) -> int:
    """Prints what the thirds of the run had in use; 1 when the last has clearly more than the middle one."""
    blocks, resident = measured.thirds(measured.blocks), measured.thirds(measured.resident)
    print(f"objects in use after a round, by thirds of the run: {', '.join(map(str, blocks))}")
    print(f"resident memory, by thirds: {', '.join(f'{each / 2**20:.0f} MiB' for each in resident)}")
    if len(measured.blocks) < ENOUGH_ROUNDS:
        print(f"too few rounds to tell whether memory grows: until {ENOUGH_ROUNDS} the bounds are still filling")
        return 0
    grown = blocks[2] > blocks[1] * MOST or resident[2] > resident[1] * MOST
    print("memory grew" if grown else "memory did not grow")
    return int(grown)
