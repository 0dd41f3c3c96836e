"""The contract test kit: suites that judge servers, clients and receivers over HTTP."""
