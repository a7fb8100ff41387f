// Original file: grpc/health/v1/health.proto


/**
 * An empty service name means the server as a whole.
 */
export interface HealthCheckRequest {
  'service'?: (string);
}

/**
 * An empty service name means the server as a whole.
 */
export interface HealthCheckRequest__Output {
  'service': (string);
}
