/** nginx as its users run it: keep-alive to the application, times short enough for a suite. */
export function nginxConfig(folder: string, port: number, targetPort: number): string {
  return `
pid ${folder}/nginx.pid;
error_log /dev/null;
worker_processes 1;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  client_header_timeout 1s;
  client_body_timeout 1s;
  proxy_connect_timeout 1s;
  proxy_read_timeout 1s;
  client_max_body_size 0;
  upstream application { server 127.0.0.1:${targetPort}; keepalive 16; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://application;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }
}
`;
}

/** haproxy likewise. */
export function haproxyConfig(port: number, targetPort: number): string {
  return `
global
  nbthread 1
  maxconn 2000
defaults
  mode http
  timeout connect 1s
  timeout client 2s
  timeout server 1s
  timeout http-request 1s
  http-reuse always
frontend edge
  bind 127.0.0.1:${port}
  option forwardfor
  default_backend application
backend application
  server one 127.0.0.1:${targetPort}
`;
}
