"""What the tests stand on: servers, databases, a web server and a browser."""
