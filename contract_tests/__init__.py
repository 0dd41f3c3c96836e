"""The contract test kit: suites that judge servers, clients and receivers over HTTP."""

# By this the plugin tells it from a package of the same name that a user has.
KIT = "minimax-mock"
