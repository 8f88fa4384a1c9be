/** One running server, the same for a child process and for a container. */
export interface ServerProcess {
  readonly port: number;
  /** Resolves when the server answers. */
  launch(): Promise<void>;
  /** SIGKILL. Data, port and folder stay; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Ends the server if it runs and removes all it left. */
  remove(): Promise<void>;
}
