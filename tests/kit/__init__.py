"""The contract test kit, tested."""
