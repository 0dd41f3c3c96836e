"""Tests of the receiver suite: plugs, sender, catalogue, a reference receiver that passes and broken ones that do not."""
