"""The callback receiver that tests of applications use."""
