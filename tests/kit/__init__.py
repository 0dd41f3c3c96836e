"""The contract test kit, put to the test itself."""
