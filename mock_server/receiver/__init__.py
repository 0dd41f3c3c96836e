"""A callback receiver for tests. It knows nothing of the mock, and importing it costs next to nothing."""

from mock_server.receiver.receiver import CallbackReceiver

__all__ = ["CallbackReceiver"]
