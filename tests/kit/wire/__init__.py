"""Tests of what is seen on the wire: the relay, its record, the other host."""
