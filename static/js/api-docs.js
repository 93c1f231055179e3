// The API's document as a page: Swagger UI from the server itself, its answers and calls staying within it.
const place = document.getElementById("docs");

globalThis.SwaggerUIBundle({
  url: place.dataset.schema,
  domNode: place,
  docExpansion: "none", // a hundred calls drawn at once keep a browser busy for half a minute
  deepLinking: true,
  filter: true,
  tryItOutEnabled: false,
  persistAuthorization: false,
  validatorUrl: null,
  defaultModelsExpandDepth: -1,
  syntaxHighlight: { activated: false },
  requestInterceptor(request) {
    // Someone who is logged in may try calls by their session; writing needs its token. A key needs none.
    if (!request.loadSpec && !request.headers.Authorization) request.headers["X-CSRFToken"] = place.dataset.csrf;
    return request;
  },
});
