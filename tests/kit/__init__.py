"""The contract test kit, judged itself."""
