// Shows /openapi.json with Swagger UI, which the page before this script has loaded.
// @ts-expect-error: SwaggerUIBundle is a global without types
SwaggerUIBundle({ url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true });
