"""A small client of the MiniMax video API that keeps the whole contract: to be copied.

    from pathlib import Path
    from reference_client import Order, VideoClient, VideoError

    client = VideoClient("https://api.minimax.io", key, on_task=lambda task_id: print("task", task_id))
    video = client.generate(Order(image=Path("cat.png"), prompt="A cat runs toward the camera."), Path("cat.mp4"))

It needs urllib3. `adapter.py` is for the contract test kit alone; leave it and `make` out of a copy.
"""

from .adapter import make
from .api import State
from .callback import Doorbell
from .client import Video, VideoClient
from .errors import VideoError
from .order import Order

__all__ = ["Doorbell", "Order", "State", "Video", "VideoClient", "VideoError", "make"]
