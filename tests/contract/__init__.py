"""Tests of the contract: document, rules, matrix, codes and pictures."""
