/* One device with Microsoft's C SDK, unmodified: it registers, or it enters a hub and sends one
 * message. What came of it is one line of JSON on standard output; the SDK's log goes to standard
 * error.
 *
 *   register dps HOST ID_SCOPE REGISTRATION_ID http|mqtt|mqttws ROOT.pem key BASE64
 *   register dps HOST ID_SCOPE REGISTRATION_ID http|mqtt|mqttws ROOT.pem cert CERT.pem KEY.pem
 *   register hub HOST DEVICE_ID mqtt|mqttws ROOT.pem CERT.pem KEY.pem
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "azure_c_shared_utility/shared_util_options.h"
#include "azure_c_shared_utility/threadapi.h"
#include "azure_c_shared_utility/xlogging.h"
#include "azure_prov_client/prov_device_ll_client.h"
#include "azure_prov_client/prov_security_factory.h"
#include "azure_prov_client/prov_transport_http_client.h"
#include "azure_prov_client/prov_transport_mqtt_client.h"
#include "azure_prov_client/prov_transport_mqtt_ws_client.h"
#include "iothub.h"
#include "iothub_client_options.h"
#include "iothub_device_client_ll.h"
#include "iothub_message.h"
#include "iothubtransportmqtt.h"
#include "iothubtransportmqtt_websockets.h"
#include "parson.h"

MU_DEFINE_ENUM_STRINGS_WITHOUT_INVALID(PROV_DEVICE_RESULT, PROV_DEVICE_RESULT_VALUE)

enum { PATIENCE_SECONDS = 30, PAUSE_MS = 10 };

static JSON_Object* said;

static void die(const char* what, const char* about)
{
    fprintf(stderr, "%s: %s\n", what, about);
    exit(2);
}

static void must(bool fine, const char* what)
{
    if (!fine)
    {
        die("the SDK refuses", what);
    }
}

static void say(const char* name, const char* value)
{
    if (value != NULL)
    {
        json_object_set_string(said, name, value);
    }
}

static void log_line(LOG_CATEGORY category, const char* file, const char* func, int line, unsigned int options, const char* format, ...)
{
    va_list arguments;
    (void)category;
    (void)options;
    fprintf(stderr, "%s:%d %s: ", file, line, func);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

/* The whole file as text. */
static char* text(const char* path)
{
    FILE* file = fopen(path, "rb");
    char* all = calloc(1, 1 << 16);
    if (file == NULL || all == NULL)
    {
        die("cannot read", path);
    }
    if (fread(all, 1, (1 << 16) - 1, file) == 0)
    {
        die("empty", path);
    }
    fclose(file);
    return all;
}

static void on_registered(PROV_DEVICE_RESULT result, const char* hub, const char* device, void* context)
{
    bool* done = context;
    say("result", MU_ENUM_TO_STRING(PROV_DEVICE_RESULT, result));
    say("assignedHub", hub);
    say("deviceId", device);
    *done = true;
}

static PROV_DEVICE_TRANSPORT_PROVIDER_FUNCTION dps_transport(const char* name)
{
    if (strcmp(name, "http") == 0)
    {
        return Prov_Device_HTTP_Protocol;
    }
    return strcmp(name, "mqttws") == 0 ? Prov_Device_MQTT_WS_Protocol : Prov_Device_MQTT_Protocol;
}

static void dps(int count, char** word)
{
    const char *host = word[0], *scope = word[1], *id = word[2], *transport = word[3];
    bool by_key = strcmp(word[5], "key") == 0, done = false;
    time_t end = time(NULL) + PATIENCE_SECONDS;
    PROV_DEVICE_LL_HANDLE device;

    must(by_key || count == 8, "arguments");
    must(prov_dev_security_init(by_key ? SECURE_DEVICE_TYPE_SYMMETRIC_KEY : SECURE_DEVICE_TYPE_X509) == 0, "security");
    if (by_key)
    {
        must(prov_dev_set_symmetric_key_info(id, word[6]) == 0, "symmetric key");
    }
    device = Prov_Device_LL_Create(host, scope, dps_transport(transport));
    must(device != NULL, "create");
    must(Prov_Device_LL_SetOption(device, OPTION_TRUSTED_CERT, text(word[4])) == PROV_DEVICE_RESULT_OK, "root");
    must(Prov_Device_LL_SetOption(device, PROV_REGISTRATION_ID, id) == PROV_DEVICE_RESULT_OK, "registration ID");
    if (!by_key)
    {
        must(Prov_Device_LL_SetOption(device, OPTION_X509_CERT, text(word[6])) == PROV_DEVICE_RESULT_OK, "certificate");
        must(Prov_Device_LL_SetOption(device, OPTION_X509_PRIVATE_KEY, text(word[7])) == PROV_DEVICE_RESULT_OK, "key");
    }
    must(Prov_Device_LL_Register_Device(device, on_registered, &done, NULL, NULL) == PROV_DEVICE_RESULT_OK, "register");
    while (!done && time(NULL) < end)
    {
        Prov_Device_LL_DoWork(device);
        ThreadAPI_Sleep(PAUSE_MS);
    }
    if (!done)
    {
        say("result", "no answer in time");
    }
    Prov_Device_LL_Destroy(device);
    prov_dev_security_deinit();
}

static void on_connection(IOTHUB_CLIENT_CONNECTION_STATUS status, IOTHUB_CLIENT_CONNECTION_STATUS_REASON reason, void* context)
{
    bool* done = context;
    if (*done)
    {
        return; /* the end, which we asked for */
    }
    say("reason", MU_ENUM_TO_STRING(IOTHUB_CLIENT_CONNECTION_STATUS_REASON, reason));
    json_object_set_boolean(said, "connected", status == IOTHUB_CLIENT_CONNECTION_AUTHENTICATED);
    *done = status != IOTHUB_CLIENT_CONNECTION_AUTHENTICATED;
}

static void on_sent(IOTHUB_CLIENT_CONFIRMATION_RESULT result, void* context)
{
    bool* done = context;
    if (!*done)
    {
        say("sent", MU_ENUM_TO_STRING(IOTHUB_CLIENT_CONFIRMATION_RESULT, result));
    }
    *done = true;
}

static void hub(char** word)
{
    const char *host = word[0], *id = word[1];
    bool done = false;
    time_t end = time(NULL) + PATIENCE_SECONDS;
    char connection[512];
    IOTHUB_MESSAGE_HANDLE message = IoTHubMessage_CreateFromString("hello");
    IOTHUB_DEVICE_CLIENT_LL_HANDLE device;

    snprintf(connection, sizeof connection, "HostName=%s;DeviceId=%s;x509=true", host, id);
    device = IoTHubDeviceClient_LL_CreateFromConnectionString(
        connection, strcmp(word[2], "mqttws") == 0 ? MQTT_WebSocket_Protocol : MQTT_Protocol);
    must(device != NULL && message != NULL, "create");
    must(IoTHubDeviceClient_LL_SetOption(device, OPTION_TRUSTED_CERT, text(word[3])) == IOTHUB_CLIENT_OK, "root");
    must(IoTHubDeviceClient_LL_SetOption(device, OPTION_X509_CERT, text(word[4])) == IOTHUB_CLIENT_OK, "certificate");
    must(IoTHubDeviceClient_LL_SetOption(device, OPTION_X509_PRIVATE_KEY, text(word[5])) == IOTHUB_CLIENT_OK, "key");
    must(IoTHubDeviceClient_LL_SetRetryPolicy(device, IOTHUB_CLIENT_RETRY_NONE, 0) == IOTHUB_CLIENT_OK, "no retry");
    must(IoTHubDeviceClient_LL_SetConnectionStatusCallback(device, on_connection, &done) == IOTHUB_CLIENT_OK, "status");
    must(IoTHubDeviceClient_LL_SendEventAsync(device, message, on_sent, &done) == IOTHUB_CLIENT_OK, "send");
    IoTHubMessage_Destroy(message);
    while (!done && time(NULL) < end)
    {
        IoTHubDeviceClient_LL_DoWork(device);
        ThreadAPI_Sleep(PAUSE_MS);
    }
    if (!done)
    {
        say("reason", "no answer in time");
    }
    done = true;
    IoTHubDeviceClient_LL_Destroy(device);
}

int main(int count, char** word)
{
    JSON_Value* line = json_value_init_object();
    said = json_value_get_object(line);
    xlogging_set_log_function(log_line);
    must(IoTHub_Init() == 0, "start");
    if (count >= 9 && strcmp(word[1], "dps") == 0)
    {
        dps(count - 2, word + 2);
    }
    else if (count == 8 && strcmp(word[1], "hub") == 0)
    {
        hub(word + 2);
    }
    else
    {
        die("usage", "see the head of register.c");
    }
    IoTHub_Deinit();
    puts(json_serialize_to_string(line));
    return 0;
}
