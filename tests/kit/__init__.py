"""The project's own tests of the contract test kit."""
