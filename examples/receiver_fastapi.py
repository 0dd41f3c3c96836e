"""A callback receiver in the shape that the API's documentation shows: it echoes challenges and takes updates.

Run it with `uvicorn receiver_fastapi:app --port 8000` and create a task with
`"callback_url": "http://127.0.0.1:8000/get_callback"`.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, HTTPException, Request

app = FastAPI()


@app.post("/get_callback")
async def get_callback(request: Request) -> dict[str, Any]:
    """Sends a challenge straight back; anything else is an update of a task."""
    try:
        message = await request.json()
        challenge = message.get("challenge")
    except Exception as error:
        raise HTTPException(status_code=500, detail=str(error)) from error
    if challenge is not None:
        return {"challenge": challenge}
    # An update: task_id, status (processing, success or failed), file_id and base_resp. Here it would be stored.
    return {"status": "success"}
