export SALLYPORT_TOKENS_PROFILE=oidc
export SALLYPORT_TOKENS_ISSUER=https://id.example
export SALLYPORT_TOKENS_AUDIENCE=https://chat.example
node dist/cli/main.js db migrate && node dist/cli/main.js user add --id 248289761001 --email sara@chat.example
node dist/cli/main.js serve
