const a = 1
if (a == 1) {}
var b = 2