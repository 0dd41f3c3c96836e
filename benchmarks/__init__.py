"""Measurements that explain choices; nothing here is needed to run or test the mock."""
