dependencies {
    implementation(libs.okhttp)
    implementation("org.yaml:snakeyaml:1.26")
    implementation("com.h2database", "h2", "1.4.197")
}
