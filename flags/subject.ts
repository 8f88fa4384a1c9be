/** Who a request belongs to, verified by the edge. `id` never comes from something the client could make up. */
export interface Subject {
  readonly id: string;
  readonly kind: 'user' | 'tenant' | 'session' | 'api-key' | 'visitor';
  readonly properties?: Readonly<Record<string, string>>;
}
