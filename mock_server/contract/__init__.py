"""The contract: the OpenAPI document, its compiled validators, status codes, prices and facts about pictures."""
