/** The public entry of the client library. */
export {};
