"""Fuzzing: requests that are nearly right or wrong altogether, and what every answer has to be whatever was asked."""
