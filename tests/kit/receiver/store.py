"""A fault hook: takes the file of a store away and gives it back. `python store.py down|up FILE`."""

import sys
from pathlib import Path

action, path = sys.argv[1], Path(sys.argv[2])
aside = path.with_suffix(".aside")
if action == "down" and not aside.exists():
    path.rename(aside)
    path.mkdir()  # or the next who opens it would make a new one
elif action == "up" and aside.exists():
    path.rmdir()
    aside.rename(path)
