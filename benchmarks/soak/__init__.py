"""Ten minutes of everything at once against a served mock, and whether anything grew. `make soak`."""
