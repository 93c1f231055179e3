"""The API's conventions, the same for every resource: keys and scopes, problems, ids, pages, bulk calls, idempotency."""
