import AsyncHTTPClient
import HummingbirdCore
print("benchmark")
