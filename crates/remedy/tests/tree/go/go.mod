module shop.example/shop

go 1.21.0

require github.com/gin-gonic/gin v1.7.0 // web

require (
	github.com/dgrijalva/jwt-go v3.2.0+incompatible
	golang.org/x/net v0.0.0-20200822124328-c89045814202 // indirect
	golang.org/x/text v0.3.5 // indirect
	gopkg.in/yaml.v2 v2.2.1
)

replace golang.org/x/crypto => ../crypto
